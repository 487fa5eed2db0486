import type { ChainEvent } from '@pass/chain'
import type { Sql } from '@pass/database'
import {
  recoveryCompleted,
  recoveryObjected,
  recoveryRequested,
  undoRecoveryCompleted,
  undoRecoveryObjected,
  undoRecoveryRequested,
} from '../../wallets/recovery.ts'
import { doneIn, undoneIn } from './command-events.ts'
import type { Handlers, Unknown } from './handlers.ts'
import { addPoints, type Direction, numberOf, pointsOf, textOf, timeOf } from './ledger.ts'

const moveOf = (event: ChainEvent) => ({ from: textOf(event, 'from'), to: textOf(event, 'to') })

/** What follows when a key was lost: its points move to the citizen's new one, unless the old one objects. */
export function recoveryEvents(unknown: Unknown): Handlers {
  return {
    RecoveryRequested: {
      apply: async (sql, event) => {
        const move = moveOf(event)
        const readyAt = new Date(numberOf(event, 'readyAt') * 1000)
        if (!(await recoveryRequested(sql, { ...move, readyAt }))) unknown('recovery requested', move)
        await doneIn(sql, 'requestRecovery', move)
      },
      undo: async (sql, event) => {
        await undoRecoveryRequested(sql, moveOf(event))
        await undoneIn(sql, 'requestRecovery', moveOf(event))
      },
    },
    RecoveryCompleted: {
      apply: async (sql, event) => {
        await movePoints(sql, event, 1n)
        const move = moveOf(event)
        if (!(await recoveryCompleted(sql, { ...move, at: timeOf(event) })))
          unknown('recovery completed', move)
        await doneIn(sql, 'completeRecovery', { from: move.from })
      },
      undo: async (sql, event) => {
        await movePoints(sql, event, -1n)
        await undoRecoveryCompleted(sql, moveOf(event))
        await undoneIn(sql, 'completeRecovery', { from: textOf(event, 'from') })
      },
    },
    RecoveryCancelled: {
      apply: async (sql, event) => {
        await recoveryObjected(sql, { ...moveOf(event), at: timeOf(event) })
        await doneIn(sql, 'cancelRecovery', { from: textOf(event, 'from') })
      },
      undo: async (sql, event) => {
        await undoRecoveryObjected(sql, moveOf(event))
        await undoneIn(sql, 'cancelRecovery', { from: textOf(event, 'from') })
      },
    },
    RecoveryObjected: {
      apply: async (sql, event) => {
        const [from, nonce] = [textOf(event, 'from'), numberOf(event, 'nonce')]
        await recoveryObjected(sql, { ...moveOf(event), at: timeOf(event) })
        await sql`
          UPDATE "WalletAccount" SET "lastNonce" = ${nonce}::int
          WHERE "address" = ${from} AND "lastNonce" < ${nonce}::int`
        await doneIn(sql, 'objectToRecovery', { from, nonce })
      },
      undo: async (sql, event) => {
        const [from, nonce] = [textOf(event, 'from'), numberOf(event, 'nonce')]
        await undoRecoveryObjected(sql, moveOf(event))
        await undoneIn(sql, 'objectToRecovery', { from, nonce })
      },
    },
  }
}

async function movePoints(sql: Sql, event: ChainEvent, direction: Direction): Promise<void> {
  const epoch = numberOf(event, 'epoch')
  const [current, previous] = [pointsOf(event, 'current'), pointsOf(event, 'previous')]
  for (const [address, sign] of [
    [textOf(event, 'to'), direction],
    [textOf(event, 'from'), -direction],
  ] as const)
    await addPoints(sql, { address, epoch, current: sign * current, previous: sign * previous })
}
