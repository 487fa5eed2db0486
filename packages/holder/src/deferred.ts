import { note } from './activity.ts'
import { fetchDeferred } from './credentials.ts'
import { asHolderError, type HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { type Issuer, readIssuer } from './issuer.ts'
import type { Reach } from './reach.ts'
import { closeOrWait } from './receive.ts'
import { type Authorized, isOver, receiveOne, settle } from './receive-one.ts'
import { withTokens } from './renew-tokens.ts'
import type { PendingConfiguration, PendingIssuance, Polled, TokenSet } from './types.ts'

/** Asks for what is delivered later: see `Holder.poll`. */
export async function poll(ports: HolderPorts, reach: Reach): Promise<Polled> {
  const polled: Polled = { arrived: [], refused: [], waiting: [] }
  for (const { id } of await ports.store.list('pending')) await pollOne(id, polled, ports, reach)
  return polled
}

async function pollOne(id: string, polled: Polled, ports: HolderPorts, reach: Reach): Promise<void> {
  const pending = await ports.store.get('pending', id)
  if (!isAuthorized(pending)) return
  const now = ports.clock().getTime()
  const due = pending.configurations.filter(({ deferred }) => deferred && deferred.askAt <= now)
  let issuer: Issuer | undefined
  try {
    if (due.length > 0) issuer = await readIssuer(pending.issuer.id, ports, reach)
  } catch {
    // Out of reach: asked again at the next poll.
  }
  for (const entry of issuer ? due : []) {
    try {
      const arrived = await askFor(pending, entry, issuer as Issuer, ports, reach)
      if (arrived) polled.arrived.push(arrived)
    } catch (error) {
      const failure = asHolderError(error, 'issuer_malformed')
      if (failure.serverCode === 'issuance_pending') await putOff(pending, entry, ports)
      else if (isOver(failure)) polled.refused.push(await giveUp(pending, entry, failure, ports))
    }
  }
  if (pending.configurations.some(({ deferred }) => deferred) || due.length > 0) {
    polled.waiting.push(...(await closeOrWait(id, ports)))
  }
}

function isAuthorized(pending: PendingIssuance | undefined): pending is Authorized {
  return pending?.accessToken !== undefined && pending.authorizationServer !== undefined
}

async function askFor(
  pending: Authorized,
  entry: PendingConfiguration,
  issuer: Issuer,
  ports: HolderPorts,
  reach: Reach,
) {
  const { transactionId = '' } = entry.deferred ?? {}
  const ask = (tokens: TokenSet) => {
    Object.assign(pending, tokens)
    return fetchDeferred({ issuer, tokens }, transactionId, ports, reach)
  }
  try {
    const delivery = await withTokens(issuer, pending, ask, ports, reach)
    return await settle(pending, entry, delivery, issuer, ports, reach)
  } catch (error) {
    const failure = asHolderError(error, 'issuer_malformed')
    if (failure.serverCode !== 'invalid_transaction_id' || pending.refreshToken === undefined) throw failure
    // It was delivered, and the answer was lost: a transaction id works once (section 9.1). The right to it remains.
    return receiveOne(pending, entry, issuer, ports, reach)
  }
}

/** Some issuers say as an error that it takes longer. */
async function putOff(
  pending: Authorized,
  { deferred }: PendingConfiguration,
  ports: HolderPorts,
): Promise<void> {
  if (deferred) deferred.askAt = ports.clock().getTime() + deferred.interval * 1000
  await ports.store.put('pending', pending.id, pending)
}

/** The issuer will not deliver, or delivered what cannot be kept. */
async function giveUp(
  pending: Authorized,
  entry: PendingConfiguration,
  failure: HolderError,
  ports: HolderPorts,
): Promise<Polled['refused'][number]> {
  pending.configurations = pending.configurations.filter((other) => other !== entry)
  await ports.store.put('pending', pending.id, pending)
  await Promise.all(entry.copyKeys.map((key) => ports.keys.remove(key.id)))
  const reason = failure.reason === undefined ? {} : { reason: failure.reason }
  await note(ports, {
    kind: failure.serverCode === 'credential_request_denied' ? 'rejected' : 'failed',
    party: pending.issuer,
    credentials: [{ name: entry.name, claims: [] }],
    code: failure.code,
    ...reason,
    shared: false,
  })
  return { name: entry.name, ...reason }
}
