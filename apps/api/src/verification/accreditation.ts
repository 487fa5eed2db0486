import { keyHashOf } from '@pass/agent'
import { type IssuerRecord, type Standing, standingAt } from '@pass/chain'
import type { PresentedSdJwtVc } from '@pass/credentials'
import type { Context } from '../context.ts'

export type AccreditationVerdict = 'accredited' | 'issuer_suspended' | 'issuer_not_accredited'

/** The registry cannot be read, and what was read before is too old to go by. Nothing is decided. */
export class RegistryUnavailable extends Error {
  override readonly name = 'RegistryUnavailable'
}

/** For how long a record counts without asking the chain: a suspension takes effect within this time. */
const FRESH_SECONDS = 2
/** While the chain does not answer, the last answer counts for this long: a counter must go on working. */
const STALE_SECONDS = 24 * 60 * 60
const RETRY_SECONDS = 5
const WAIT_MS = 2_000
const MAX_ISSUERS = 500
/** Block times and our clock may be this far apart. Concerns times by our clock alone, never an anchor's. */
const CLOCK_SKEW_SECONDS = 60

type Held = {
  record: IssuerRecord | undefined
  readAt: number
  askAgainAt: number
  standings: Map<string, Standing>
}

/**
 * Whether an issuer's key was accredited for a credential's type when the credential was anchored.
 *
 * Without a receipt all there is to go by is the date that the issuer wrote itself. That is believed only as long as
 * the issuer is in good standing now: whoever stole an ended key could write any date. After the end our own journal
 * of anchors decides.
 */
export function createAccreditation(
  { chain, clock, config }: Pick<Context, 'chain' | 'clock' | 'config'>,
  { anchoredAt }: { anchoredAt: (hash: string) => Promise<number | undefined> },
): (presented: PresentedSdJwtVc, anchorTime: number | undefined) => Promise<AccreditationVerdict> {
  const typesPrefix = `${config.publicUrl}/credential-types/`
  const held = new Map<string, Held>()
  const under = new Map<string, Promise<Held>>()
  const now = () => Math.floor(clock().getTime() / 1000)

  return async ({ kid, vct, certificate, hash, iat }, anchorTime) => {
    const [did] = (kid ?? '').split('#')
    if (!did) return 'issuer_not_accredited'
    const keyHash = keyHashOf(certificate.publicJwk)
    const type = vct.startsWith(typesPrefix) ? vct.slice(typesPrefix.length) : vct
    const { record, standings } = await recordOf(did)
    const standing = (time: number): Standing => {
      const key = `${keyHash} ${type} ${time}`
      const known = standings.get(key)
      if (known !== undefined) return known
      const found = standingAt(record, keyHash, type, time)
      if (standings.size < 1_000) standings.set(key, found)
      return found
    }
    const byOurClock = (time: number): Standing => {
      const first = standing(time)
      return first !== 'accredited' && standing(time + CLOCK_SKEW_SECONDS) === 'accredited'
        ? 'accredited'
        : first
    }

    if (anchorTime !== undefined) return verdictOf(standing(anchorTime))
    const today = byOurClock(now())
    if (today === 'accredited') return verdictOf(byOurClock(iat ?? now()))
    const journal = await anchoredAt(hash)
    return verdictOf(journal === undefined ? today : standing(journal))
  }

  async function recordOf(did: string): Promise<Held> {
    const kept = held.get(did)
    if (kept && kept.askAgainAt > now()) return usable(kept)
    const pending = under.get(did) ?? ask(did, kept).finally(() => under.delete(did))
    under.set(did, pending)
    const asked = await pending
    held.delete(did)
    if (held.size >= MAX_ISSUERS) held.delete(held.keys().next().value ?? '')
    held.set(did, asked)
    return usable(asked)
  }

  async function ask(did: string, kept: Held | undefined): Promise<Held> {
    try {
      const record = await within(chain.issuers.read(did), WAIT_MS)
      return { record, readAt: now(), askAgainAt: now() + FRESH_SECONDS, standings: new Map() }
    } catch (cause) {
      if (!kept) throw new RegistryUnavailable('The registry of issuers does not answer.', { cause })
      return { ...kept, askAgainAt: now() + RETRY_SECONDS }
    }
  }

  function usable(kept: Held): Held {
    if (now() - kept.readAt <= STALE_SECONDS) return kept
    throw new RegistryUnavailable('The registry of issuers has not answered for a day.')
  }
}

function verdictOf(standing: Standing): AccreditationVerdict {
  if (standing === 'accredited') return 'accredited'
  return standing === 'suspended' ? 'issuer_suspended' : 'issuer_not_accredited'
}

/** A node that accepts the connection and never answers counts as one that is down. */
function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer in time')), milliseconds)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
