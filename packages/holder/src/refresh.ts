import { acceptCopies } from './accept.ts'
import { type Delivery, fetchCopies, fetchDeferred } from './credentials.ts'
import { asHolderError, type HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { inTurn, updateCredential } from './in-turn.ts'
import { type Issuer, readConfiguration, readIssuer } from './issuer.ts'
import { notifyIssuer } from './notification.ts'
import type { Reach } from './reach.ts'
import { isOver, keysForCopies } from './receive-one.ts'
import { renewTokens } from './renew-tokens.ts'
import type { HeldKey, Renewal, StoredCopy, StoredCredential, TokenSet } from './types.ts'

/** Fresh copies are fetched when fewer than these were never shown. */
const FEWEST_UNUSED = 4
/** An issuer that said no is not asked again before this. */
const NOT_BEFORE_MS = 60 * 60 * 1000

/** Fetches fresh copies: see `Holder.refreshCopies`. */
export async function refreshCopies(ports: HolderPorts, reach: Reach): Promise<number> {
  let refreshed = 0
  for (const { id } of await ports.store.list('credential')) {
    const credential = await ports.store.get('credential', id)
    if (!credential || !isDue(credential, ports.clock().getTime())) continue
    try {
      if (await refreshOne(credential, credential.renewal, ports, reach)) refreshed++
    } catch (error) {
      await afterFailure(id, asHolderError(error, 'issuer_malformed'), ports)
    }
  }
  return refreshed
}

type Renewable = StoredCredential & { renewal: Renewal & { refreshToken: string } }

/** An issuer that gives few at once is asked only when one of the few was shown. */
function isDue(credential: StoredCredential, now: number): credential is Renewable {
  const { renewal, copies } = credential
  if (renewal?.refreshToken === undefined || (renewal.notBefore ?? 0) > now) return false
  if (renewal.deferred) return renewal.deferred.askAt <= now
  const unused = copies.filter(({ used }) => used === 0).length
  return renewal.nextKeys !== undefined || (unused < FEWEST_UNUSED && unused < copies.length)
}

async function refreshOne(
  credential: StoredCredential,
  renewal: Renewable['renewal'],
  ports: HolderPorts,
  reach: Reach,
): Promise<boolean> {
  const { id } = credential
  const issuer = await readIssuer(credential.issuer.id, ports, reach)
  // Kept before they are asked for: after a lost answer the same keys are asked for again.
  const keys = renewal.nextKeys ?? (await keysForCopies(issuer, ports))
  if (!renewal.nextKeys) await updateRenewal(id, { nextKeys: keys }, ports)
  const tokens = await renewTokens(issuer, renewal, ports, reach)

  const { configurationId, credentialIdentifier, deferred } = renewal
  const delivery = deferred
    ? await fetchDeferred({ issuer, tokens }, deferred.transactionId, ports, reach)
    : await fetchCopies({ issuer, tokens, configurationId, credentialIdentifier }, keys, ports, reach)
  if ('transactionId' in delivery) {
    const now = ports.clock().getTime()
    const { transactionId, interval } = delivery
    const since = deferred?.since ?? now
    await updateRenewal(
      id,
      { deferred: { transactionId, interval, since, askAt: now + interval * 1000 } },
      ports,
    )
    return false
  }
  await replaceCopies(credential, { keys, delivery, tokens, issuer, configurationId }, ports, reach)
  return true
}

async function replaceCopies(
  { id }: StoredCredential,
  {
    keys,
    delivery,
    tokens,
    issuer,
    configurationId,
  }: {
    keys: HeldKey[]
    delivery: Extract<Delivery, { copies: string[] }>
    tokens: TokenSet
    issuer: Issuer
    configurationId: string
  },
  ports: HolderPorts,
  reach: Reach,
): Promise<void> {
  const { copies, notificationId } = delivery
  const configuration = await readConfiguration(issuer, configurationId, ports, reach)
  let accepted: Awaited<ReturnType<typeof acceptCopies>>
  try {
    accepted = await acceptCopies({ id, copies, keys, configuration, issuer }, ports)
  } catch (error) {
    await notifyIssuer(issuer, tokens, { notificationId, event: 'credential_failure' }, ports, reach)
    throw error
  }
  const fresh = accepted.credential
  const gone = await inTurn(ports.store, async () => {
    const held = await ports.store.get('credential', id)
    // Deleted meanwhile: what came is of no use.
    if (!held) return keys.map((key) => key.id)
    const kept = saysTheSame(held, fresh) ? held.copies.filter(({ used }) => used === 0) : []
    await ports.store.put('credential', id, renewed(held, fresh, kept, notificationId))
    return held.copies.filter((copy) => !kept.includes(copy)).map(({ keyId }) => keyId)
  })
  await Promise.all(
    [...gone, ...accepted.spareKeys.map((key) => key.id)].map((key) => ports.keys.remove(key)),
  )
  await notifyIssuer(issuer, tokens, { notificationId, event: 'credential_accepted' }, ports, reach)
}

/** Copies of one credential stand for each other only while they say the same of its holder. */
function saysTheSame(held: StoredCredential, fresh: StoredCredential): boolean {
  // Disclosures come in any order, and so do the claims that nobody described.
  const of = ({ claims, vct, expiresAt }: StoredCredential) =>
    JSON.stringify([vct, expiresAt, claims.map(({ path, value }) => JSON.stringify([path, value])).sort()])
  return of(held) === of(fresh)
}

function renewed(
  held: StoredCredential,
  fresh: StoredCredential,
  kept: StoredCopy[],
  notificationId: string | undefined,
): StoredCredential {
  const { renewal, copies: _, ...rest } = held
  const { nextKeys: _keys, deferred: _deferred, notBefore: _notBefore, ...lasting } = renewal ?? {}
  return {
    ...rest,
    ...fresh,
    receivedAt: held.receivedAt,
    copies: [...kept, ...fresh.copies],
    renewal: {
      ...(lasting as Renewal),
      ...(notificationId === undefined ? {} : { notificationId }),
    },
  }
}

/** What a failure means for the next try; an issuer out of reach is simply asked again. */
async function afterFailure(id: string, failure: HolderError, ports: HolderPorts): Promise<void> {
  const over = isOver(failure)
  if (!over && failure.code !== 'issuer_malformed' && failure.code !== 'wallet_revoked') return
  const lost: HeldKey[] = []
  await updateCredential(ports.store, id, ({ renewal }) => {
    if (!renewal) return
    renewal.notBefore = ports.clock().getTime() + NOT_BEFORE_MS
    if (!over) return
    // The issuer will not answer for these keys.
    lost.push(...(renewal.nextKeys ?? []))
    delete renewal.nextKeys
    delete renewal.deferred
    if (failure.serverCode === 'invalid_grant') delete renewal.refreshToken
  })
  await Promise.all(lost.map((key) => ports.keys.remove(key.id)))
}

function updateRenewal(id: string, change: Partial<Renewal>, ports: HolderPorts): Promise<boolean> {
  return updateCredential(ports.store, id, ({ renewal }) => {
    if (renewal) Object.assign(renewal, change)
  })
}
