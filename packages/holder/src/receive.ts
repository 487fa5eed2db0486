import { acceptCopies } from './accept.ts'
import { note } from './activity.ts'
import { fetchCopies, notifyIssuer } from './credentials.ts'
import { sha256, toBase64url } from './encoding.ts'
import { asHolderError, HolderError, type HolderErrorCode } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { type Issuer, readConfiguration, readIssuer } from './issuer.ts'
import { drop } from './pending.ts'
import type { Reach } from './reach.ts'
import { fetchToken } from './token.ts'
import type { OfferPreview, PendingIssuance, StoredCredential } from './types.ts'

/** Copies of one credential; the issuer may allow fewer. */
const MOST_COPIES = 10

/** After these there is nothing left to try again with the same offer, so its keys go. */
const FINAL: ReadonlySet<HolderErrorCode> = new Set([
  'offer_expired',
  'offer_already_used',
  'offer_locked',
  'offer_unsupported',
  'issuer_untrusted',
  'credential_invalid',
])

/**
 * Receives an offer: see `Holder.receive`. What the issuance needs to be repeated (the keys, the token) is stored
 * before it is used, so that after a lost answer the same request goes out again and the issuer can answer it again.
 */
export async function receive(
  offer: OfferPreview,
  txCode: string | undefined,
  ports: HolderPorts,
  reach: Reach,
): Promise<StoredCredential[]> {
  const id = await pendingIdOf(offer)
  const known = await ports.store.get('pending', id)
  if (!known?.accessToken && offer.txCode && !txCode) {
    throw new HolderError('tx_code_required', 'the offer needs its transaction code')
  }
  return finish(known ?? (await begin(id, offer, ports)), txCode, ports, reach)
}

/** Does what is left of an issuance. */
export async function finish(
  pending: PendingIssuance,
  txCode: string | undefined,
  ports: HolderPorts,
  reach: Reach,
): Promise<StoredCredential[]> {
  try {
    const issuer = await readIssuer(pending.issuer.id, ports, reach)
    const authorized = await authorize(pending, issuer, txCode, ports)
    const received: StoredCredential[] = []
    for (const { id } of pending.configurations) {
      received.push(await receiveOne(authorized, id, issuer, ports, reach))
    }
    await drop(authorized, ports)
    return received
  } catch (error) {
    const failure = asHolderError(error, 'issuer_malformed')
    const left = (await ports.store.get('pending', pending.id)) ?? pending
    // Refused before there is a token: the offer can be read again. After: the token is all that is left of it.
    const over = failure.code === 'issuer_refused' && left.accessToken === undefined
    if (over || FINAL.has(failure.code)) await drop(left, ports)
    await note(ports, {
      kind: 'failed',
      party: pending.issuer,
      credentials: pending.configurations.map(({ name }) => ({ name, claims: [] })),
      code: failure.code,
      shared: failure.shared,
    })
    throw failure
  }
}

async function begin(id: string, offer: OfferPreview, ports: HolderPorts): Promise<PendingIssuance> {
  const pending: PendingIssuance = {
    id,
    startedAt: ports.clock().getTime(),
    issuer: { id: offer.issuer.id, name: offer.issuer.name },
    preAuthorizedCode: offer.preAuthorizedCode,
    ...(offer.authorizationServer === undefined ? {} : { authorizationServer: offer.authorizationServer }),
    dpopKey: await ports.keys.generate(),
    configurations: offer.types.map(({ configurationId, name }) => ({
      id: configurationId,
      name,
      copyKeys: [],
    })),
  }
  await ports.store.put('pending', id, pending)
  return pending
}

type Authorized = PendingIssuance & { accessToken: string }

async function authorize(
  pending: PendingIssuance,
  issuer: Issuer,
  txCode: string | undefined,
  ports: HolderPorts,
): Promise<Authorized> {
  const { accessToken } = pending
  if (accessToken !== undefined) return { ...pending, accessToken }
  const authorized = { ...pending, ...(await fetchToken(issuer, pending, txCode)) }
  await ports.store.put('pending', pending.id, authorized)
  return authorized
}

/** Receives the copies of one configuration and strikes it off the pending issuance, which it changes in place. */
async function receiveOne(
  pending: Authorized,
  configurationId: string,
  issuer: Issuer,
  ports: HolderPorts,
  reach: Reach,
): Promise<StoredCredential> {
  const entry = pending.configurations.find(({ id }) => id === configurationId)
  if (!entry) throw new HolderError('not_found', `nothing pending of ${configurationId}`)
  const configuration = await readConfiguration(issuer, configurationId, ports, reach)
  if (entry.copyKeys.length === 0) {
    const allowed = issuer.metadata.credentialIssuer.batch_credential_issuance?.batch_size ?? 1
    const length = Math.max(1, Math.min(MOST_COPIES, allowed))
    entry.copyKeys = await Promise.all(Array.from({ length }, () => ports.keys.generate()))
    await ports.store.put('pending', pending.id, pending)
  }
  const { copies, notificationId } = await fetchCopies(
    issuer,
    pending,
    configurationId,
    entry.copyKeys,
    ports,
  )

  // The same id on each try: if storing went through and the next line did not, the next try overwrites.
  const id = await derivedId(pending.id, configurationId)
  let accepted: Awaited<ReturnType<typeof acceptCopies>>
  try {
    accepted = await acceptCopies({ id, copies, keys: entry.copyKeys, configuration, issuer }, ports)
  } catch (error) {
    if (notificationId) await notifyIssuer(issuer, pending, notificationId, 'credential_failure')
    throw error
  }
  const { credential, spareKeys } = accepted
  await ports.store.put('credential', id, credential)
  pending.configurations = pending.configurations.filter((other) => other !== entry)
  await ports.store.put('pending', pending.id, pending)
  await Promise.all(spareKeys.map((key) => ports.keys.remove(key.id)))
  await note(ports, {
    kind: 'received',
    party: credential.issuer,
    credentials: [
      {
        name: credential.display.name,
        claims: credential.claims.map(({ path, label }) => ({ path, label })),
      },
    ],
    shared: false,
  })
  if (notificationId) await notifyIssuer(issuer, pending, notificationId, 'credential_accepted')
  return credential
}

function pendingIdOf(offer: OfferPreview): Promise<string> {
  return derivedId(offer.issuer.id, offer.preAuthorizedCode)
}

async function derivedId(...parts: string[]): Promise<string> {
  return toBase64url(await sha256(JSON.stringify(parts))).slice(0, 22)
}
