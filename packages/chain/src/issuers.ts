import { Contract, type Provider } from 'ethers'
import issuerRegistry from './abi/IssuerRegistry.json' with { type: 'json' }
import { reading } from './failures.ts'
import { issuerId, typeHash } from './identifiers.ts'
import type { Hex } from './manifest.ts'
import { closedUntil, type IssuerRecord, type Period, STANDINGS, type Standing } from './standing.ts'
import type { TxRequest } from './transaction.ts'

/** A time span in seconds. Left out, `from` is the time of the block and `until` an open end. */
export type Span = { from?: number; until?: number }

/**
 * IssuerRegistry. Issuers go by their DID, keys by their RFC 7638 thumbprint as 0x hex, types by their identifier.
 * Times are seconds. What writes returns the call to sign; only the registrar's account may send it.
 */
export type Issuers = {
  register(did: string): TxRequest
  suspend(did: string): TxRequest
  reinstate(did: string): TxRequest
  addKey(did: string, keyHash: Hex, span?: Span): TxRequest
  /** The end can only be brought forward; without `until` it is now. */
  endKey(did: string, keyHash: Hex, until?: number): TxRequest
  accredit(did: string, type: string, span?: Span): TxRequest
  endAccreditation(did: string, type: string, until?: number): TxRequest
  /** Whether the key counted for the type at that time (seconds). Final for times before the newest block. */
  wasAccredited(did: string, keyHash: Hex, type: string, time: number): Promise<boolean>
  /** As `wasAccredited`, with the first thing that was missing. */
  standing(did: string, keyHash: Hex, type: string, time: number): Promise<Standing>
  /** Everything the registry holds of an issuer, for `standingAt` without asking the chain each time. */
  read(did: string): Promise<IssuerRecord | undefined>
}

type RawPeriod = { from: bigint; until: bigint }
const period = (raw: RawPeriod): Period => ({ from: Number(raw.from), until: closedUntil(raw.until) })

/** Typed client of the IssuerRegistry at `address`. Reads throw ChainError `chain_unavailable`. */
export function issuersAt(address: Hex, provider: Provider): Issuers {
  const contract = new Contract(address, issuerRegistry.abi, provider)
  const call = (name: string, ...args: unknown[]): TxRequest => ({
    to: address,
    data: contract.interface.encodeFunctionData(name, args) as Hex,
  })
  const view = <T>(name: string, ...args: unknown[]): Promise<T> =>
    reading(contract.interface, () => contract.getFunction(name).staticCall(...args) as Promise<T>)

  return {
    register: (did) => call('registerIssuer', did),
    suspend: (did) => call('suspendIssuer', issuerId(did)),
    reinstate: (did) => call('reinstateIssuer', issuerId(did)),
    addKey: (did, keyHash, span = {}) =>
      call('addKey', issuerId(did), keyHash, span.from ?? 0, span.until ?? 0),
    endKey: (did, keyHash, until = 0) => call('endKey', issuerId(did), keyHash, until),
    accredit: (did, type, span = {}) =>
      call('accredit', issuerId(did), typeHash(type), span.from ?? 0, span.until ?? 0),
    endAccreditation: (did, type, until = 0) =>
      call('endAccreditation', issuerId(did), typeHash(type), until),
    wasAccredited: (did, keyHash, type, time) =>
      view('wasAccredited', issuerId(did), keyHash, typeHash(type), time),
    standing: async (did, keyHash, type, time) => {
      const index = await view<bigint>('standingOf', issuerId(did), keyHash, typeHash(type), time)
      return STANDINGS[Number(index)] ?? 'unknown_issuer'
    },
    read: async (did) => {
      const id = issuerId(did)
      const [registeredAt, suspensions, [keyHashes, keyPeriods], types] = await Promise.all([
        view<bigint>('registeredAt', id),
        view<RawPeriod[]>('suspensionsOf', id),
        view<[Hex[], RawPeriod[]]>('keysOf', id),
        view<Hex[]>('typesOf', id),
      ])
      if (registeredAt === 0n) return undefined
      const accreditations = await Promise.all(
        types.map(async (type) => {
          const periods = await view<RawPeriod[]>('accreditationsOf', id, type)
          return { typeHash: type, periods: periods.map(period) }
        }),
      )
      return {
        registeredAt: Number(registeredAt),
        suspensions: suspensions.map(period),
        keys: keyHashes.flatMap((keyHash, i) => {
          const raw = keyPeriods[i]
          return raw ? [{ keyHash, ...period(raw) }] : []
        }),
        types: accreditations,
      }
    },
  }
}
