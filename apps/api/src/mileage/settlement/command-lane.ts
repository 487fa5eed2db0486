import type { CityChain, Hex, Mileage, TxRequest } from '@pass/chain'
import type { Database, Sql } from '@pass/database'
import type { Effect, Lane, SignerName } from '@pass/relay'
import { recoveryRefused } from '../../wallets/recovery.ts'
import type { Call, Commands } from '../commands.ts'
import { finishCommand } from './command-events.ts'
import { refundsOf, refuseRefund, type SendableRefund } from './refunds.ts'

const KEY = 'command:'
/** Of which the first of each thing can be sent. */
const MOST_WAITING = 500

type Command<Name extends Call = Call> = {
  id: bigint
  key: string
  signer: SignerName
  call: Name
  args: Commands[Name]
}

/** Acts of administration on their way to the chain: those about one thing in their order, one at a time. */
export function commandLane({
  db,
  chain,
  clock,
}: {
  db: Database
  chain: CityChain
  clock: () => Date
}): Lane {
  return {
    name: 'commands',
    pending: async (limit) => {
      const commands = await db.sql<Command>`
        SELECT "id", "key", "signer", "call", "args" FROM "ChainCommand"
        WHERE "status" = 'pending' ORDER BY "id" LIMIT ${MOST_WAITING}::int`
      const refunds = await refundsOf(db.sql, commands.flatMap(refundIdOf))
      const seen = new Set<string>()
      return commands
        .flatMap((command): Effect[] => {
          const topic = topicOf(command, refunds)
          if (seen.has(topic)) return []
          seen.add(topic)
          const request = requestOf(chain.mileage, command, refunds)
          return request ? [{ key: `${KEY}${command.id}`, signer: command.signer, request }] : []
        })
        .slice(0, limit)
    },
    refused: (sql, key, reason) => refused(sql, BigInt(key.slice(KEY.length)), { reason, now: clock() }),
  }
}

const is = <Name extends Call>(command: Command, call: Name): command is Command & Command<Name> =>
  command.call === call

const refundIdOf = (command: Command): string[] => (is(command, 'refund') ? [command.args.refundId] : [])

type Refunds = ReadonlyMap<string, SendableRefund>

/** What a command is about: the next one about it waits until this one is done. */
function topicOf(command: Command, refunds: Refunds): string {
  if (is(command, 'refund')) return `refund ${refunds.get(command.args.refundId)?.redemptionId ?? command.id}`
  if (/Recovery$/.test(command.call) && 'from' in command.args) return `recovery ${command.args.from}`
  if ('id' in command.args)
    return `${/Programme|Payee|Correction/.exec(command.call)?.[0]} ${command.args.id}`
  return 'contract'
}

/** The call to sign; undefined while what it needs is not on the chain (any more). */
function requestOf(mileage: Mileage, command: Command, refunds: Refunds): TxRequest | undefined {
  const hex = (address: string) => address as Hex
  if (is(command, 'createProgramme')) {
    const { id, operator, budgetPerPeriod, ...terms } = command.args
    return mileage.createProgramme(id, {
      ...terms,
      operator: hex(operator),
      budgetPerPeriod: BigInt(budgetPerPeriod),
    })
  }
  if (is(command, 'changeProgramme')) {
    const { id, budgetPerPeriod, ...terms } = command.args
    return mileage.changeProgramme(id, { ...terms, budgetPerPeriod: BigInt(budgetPerPeriod) })
  }
  if (is(command, 'stopProgramme')) return mileage.stopProgramme(command.args.id)
  if (is(command, 'resumeProgramme')) return mileage.resumeProgramme(command.args.id)
  if (is(command, 'registerPayee')) return mileage.registerPayee(command.args.id, command.args.kind)
  if (is(command, 'setPayeeFrozen')) return mileage.setPayeeFrozen(command.args.id, command.args.frozen)
  if (is(command, 'refund')) {
    const refund = refunds.get(command.args.refundId)
    return refund && mileage.refund(refund.request)
  }
  if (is(command, 'proposeCorrection')) {
    const { id, holder, programme, amount, reasonHash } = command.args
    return mileage.proposeCorrection(BigInt(id), {
      holder: hex(holder),
      programme,
      amount: BigInt(amount),
      reasonHash: hex(reasonHash),
    })
  }
  if (is(command, 'approveCorrection')) return mileage.approveCorrection(BigInt(command.args.id))
  if (is(command, 'rejectCorrection')) return mileage.rejectCorrection(BigInt(command.args.id))
  if (is(command, 'requestRecovery'))
    return mileage.requestRecovery(hex(command.args.from), hex(command.args.to))
  if (is(command, 'cancelRecovery')) return mileage.cancelRecovery(hex(command.args.from))
  if (is(command, 'completeRecovery')) return mileage.completeRecovery(hex(command.args.from))
  if (is(command, 'objectToRecovery')) {
    const { key, signature, nonce, deadline } = command.args
    const bytes = new Uint8Array(Buffer.from(signature, 'base64url'))
    return mileage.objectToRecovery({ key, signature: bytes, nonce, deadline })
  }
  return command.call === 'pause' ? mileage.pause() : mileage.unpause()
}

/** The chain is so already: all events up to now are read, and what was ordered has been brought about before. */
const DONE_BEFORE = new Set([
  'CorrectionAlreadyExists',
  'PayeeAlreadyInState',
  'PayeeAlreadyRegistered',
  'ProgrammeAlreadyExists',
  'ProgrammeAlreadyRunning',
  'ProgrammeNotRunning',
  'RecoveryAlreadyPending',
])

/** What never passes. Anything else may: a pause ends, a programme comes, a delay goes by. */
const FINAL = new Set([
  'BudgetBelowSpent',
  'CorrectionEmpty',
  'CorrectionNeedsAnother',
  'CorrectionNotProposed',
  'DeadlinePassed',
  'NonceUsed',
  'PayeeIdOutOfRange',
  'PayeeUnknown',
  'ProgrammeIdOutOfRange',
  'ProgrammeTermsInvalid',
  'RecoveryInvalid',
  'RecoveryNotPending',
  'RecoveryVoid',
  'RefundTooMuch',
  'RefundWindowClosed',
  'SignatureInvalid',
])

async function refused(
  sql: Sql,
  id: bigint,
  { reason, now }: { reason: string | undefined; now: Date },
): Promise<void> {
  const [command] = await sql<Command>`
    SELECT "id", "key", "signer", "call", "args" FROM "ChainCommand"
    WHERE "id" = ${id}::bigint AND "status" = 'pending' FOR UPDATE`
  if (!command || !reason) return
  if (DONE_BEFORE.has(reason)) await finishCommand(sql, command)
  if (!FINAL.has(reason)) return
  await sql`
    UPDATE "ChainCommand" SET "status" = 'refused', "reason" = ${reason} WHERE "id" = ${id}::bigint`
  if (is(command, 'refund')) await refuseRefund(sql, command.args.refundId)
  if (is(command, 'proposeCorrection'))
    await sql`UPDATE "Correction" SET "status" = 'rejected' WHERE "id" = ${command.args.id}::bigint`
  // The old key has spoken, or there is nothing to move: the new one has to be connected again.
  if (is(command, 'requestRecovery') || is(command, 'completeRecovery'))
    await recoveryRefused(sql, { from: command.args.from, at: now })
}
