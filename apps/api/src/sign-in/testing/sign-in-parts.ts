import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { type Database, openDatabase } from '@pass/database'
import { pino } from 'pino'
import type { Context } from '../../context.ts'
import { createIdentities } from '../identities.ts'
import { createSignIn } from '../service.ts'
import type { SignInSettings } from '../types.ts'

const KEY = randomBytes(32)

/** The parts of a context that sign-in needs, on a database of its own, with a clock that can be moved. */
export async function openSignInParts() {
  const db: Database = await openDatabase({ memory: true })
  let offset = 0
  const logged: string[] = []
  const context = {
    db,
    agent: {
      mac: (purpose: string, data: string) =>
        createHmac('sha256', KEY).update(`${purpose}\n${data}`).digest('hex'),
    },
    log: pino({ base: null }, { write: (line) => void logged.push(line) }),
    clock: () => new Date(Date.now() + offset),
    random: (length: number) => new Uint8Array(randomBytes(length)),
    fetch,
  } as unknown as Context
  return {
    db,
    context,
    logged,
    advance: (seconds: number) => {
      offset += seconds * 1000
    },
    /** A city that signs in with these settings. */
    cityWith: (signIn: SignInSettings | undefined) => {
      const own = { ...context, config: { ...(signIn ? { signIn } : {}) } } as Context
      const identities = createIdentities(own)
      return { context: own, identities, signIn: createSignIn(own, { identities }) }
    },
    addResident: async (identityMac: string | null, nameKo = '홍길동', id: string = randomUUID()) => {
      await db.prisma.resident.create({
        data: {
          id,
          registerNo: `T-${randomBytes(6).toString('hex')}`,
          nameKo,
          nameEn: 'Hong Gildong',
          birthDate: '1990-05-05',
          districtCode: '28185',
          neighbourhoodCode: '2818582000',
          residentSince: '2015-03-02',
          identityMac,
        },
      })
      return id
    },
  }
}
