import { type CityChain, type IssuerRecord, type Period, type TxRequest, typeHash } from '@pass/chain'
import type { Signer } from 'ethers'
import { AgentError } from '../errors.ts'
import type { AgencyKey } from '../types.ts'

/**
 * The trust registry on the chain, brought to what should be: each function reads first and sends only what is
 * missing, so that all may be repeated.
 */
export type Registrar = {
  register(did: string): Promise<void>
  /** Accredited for `types` from now on, and no longer for those `former` ones that are not among them. */
  accredit(did: string, types: readonly string[], former: readonly string[]): Promise<void>
  setSuspended(did: string, suspended: boolean): Promise<void>
  knowsKey(did: string, key: AgencyKey): Promise<boolean>
  addKey(did: string, key: AgencyKey, until?: Date): Promise<void>
  /** An end that has passed becomes "now": the registry does not rewrite the past. */
  endKey(did: string, key: AgencyKey, until: Date): Promise<void>
}

/** A block may be stamped a moment after our clock; an end that near is told as "now". */
const NOW_SECONDS = 15

export function createRegistrar(options: {
  chain: CityChain
  signer: () => Promise<Signer>
  clock: () => Date
}): Registrar {
  const { chain, signer, clock } = options
  const { issuers } = chain
  const send = async (request: TxRequest) => void (await chain.send(await signer(), request))

  async function recordOf(did: string): Promise<IssuerRecord> {
    const record = await issuers.read(did)
    if (!record) throw new AgentError('chain_refused', `${did} is not registered.`)
    return record
  }

  return {
    async register(did) {
      if (!(await issuers.read(did))) await send(issuers.register(did))
    },

    async accredit(did, types, former) {
      const record = await recordOf(did)
      const open = record.types.filter(({ periods }) => isOpen(periods)).map((entry) => entry.typeHash)
      const isAccredited = (type: string) => open.includes(typeHash(type))
      for (const type of types) if (!isAccredited(type)) await send(issuers.accredit(did, type))
      const dropped = former.filter((type) => !types.includes(type) && isAccredited(type))
      for (const type of dropped) await send(issuers.endAccreditation(did, type))
    },

    async setSuspended(did, suspended) {
      if (isOpen((await recordOf(did)).suspensions) === suspended) return
      await send(suspended ? issuers.suspend(did) : issuers.reinstate(did))
    },

    async knowsKey(did, { keyHash }) {
      return (await recordOf(did)).keys.some((key) => key.keyHash === keyHash)
    },

    async addKey(did, { keyHash }, until) {
      if ((await recordOf(did)).keys.some((key) => key.keyHash === keyHash)) return
      await send(issuers.addKey(did, keyHash, until ? { until: secondsOf(until) } : {}))
    },

    async endKey(did, { keyHash }, date) {
      const { keys } = await recordOf(did)
      const key = keys.find((known) => known.keyHash === keyHash)
      // One that never came to count, or that the chain has lost, needs no end.
      if (!key) return
      const until = secondsOf(date)
      const soon = secondsOf(clock()) + NOW_SECONDS
      if (key.until !== null && key.until <= Math.max(until, soon)) return
      await send(until <= soon ? issuers.endKey(did, keyHash) : issuers.endKey(did, keyHash, until))
    },
  }
}

const isOpen = (periods: readonly Period[]) => periods.at(-1)?.until === null

const secondsOf = (date: Date) => Math.floor(date.getTime() / 1000)
