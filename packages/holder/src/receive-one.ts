import { acceptCopies } from './accept.ts'
import { note } from './activity.ts'
import { type Delivery, fetchCopies } from './credentials.ts'
import { derivedId } from './encoding.ts'
import type { HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { inTurn } from './in-turn.ts'
import { type Issuer, readConfiguration } from './issuer.ts'
import { notifyIssuer } from './notification.ts'
import type { Reach } from './reach.ts'
import { withTokens } from './renew-tokens.ts'
import type { HeldKey, PendingConfiguration, PendingIssuance, StoredCredential, TokenSet } from './types.ts'

/** Copies of one credential; the issuer may allow fewer. */
const MOST_COPIES = 10

export type Authorized = PendingIssuance & TokenSet

/** New keys for as many copies as the issuer gives at once. */
export function keysForCopies(issuer: Issuer, ports: HolderPorts): Promise<HeldKey[]> {
  const allowed = Math.floor(issuer.metadata.credentialIssuer.batch_credential_issuance?.batch_size ?? 1)
  const length = Math.max(1, Math.min(MOST_COPIES, allowed))
  return Promise.all(Array.from({ length }, () => ports.keys.generate()))
}

/**
 * Asks for the copies of one configuration. What is put off is kept as such.
 *
 * @param pending changed in place, as its stored form is
 * @returns the stored credential; undefined when the issuer delivers later
 */
export async function receiveOne(
  pending: Authorized,
  entry: PendingConfiguration,
  issuer: Issuer,
  ports: HolderPorts,
  reach: Reach,
): Promise<StoredCredential | undefined> {
  if (entry.copyKeys.length === 0) {
    entry.copyKeys = await keysForCopies(issuer, ports)
    await ports.store.put('pending', pending.id, pending)
  }
  const asked = { issuer, configurationId: entry.id, credentialIdentifier: entry.credentialIdentifier }
  const delivery = await withTokens(
    issuer,
    pending,
    (tokens) => {
      Object.assign(pending, tokens)
      return fetchCopies({ ...asked, tokens }, entry.copyKeys, ports, reach)
    },
    ports,
    reach,
  )
  return settle(pending, entry, delivery, issuer, ports, reach)
}

/** Keeps what came, or that it comes later, and strikes what came off the issuance. */
export async function settle(
  pending: Authorized,
  entry: PendingConfiguration,
  delivery: Delivery,
  issuer: Issuer,
  ports: HolderPorts,
  reach: Reach,
): Promise<StoredCredential | undefined> {
  const now = ports.clock().getTime()
  if ('transactionId' in delivery) {
    const { transactionId, interval } = delivery
    const first = entry.deferred === undefined
    entry.deferred = {
      transactionId,
      interval,
      since: entry.deferred?.since ?? now,
      askAt: now + interval * 1000,
    }
    await ports.store.put('pending', pending.id, pending)
    if (first) {
      const credentials = [{ name: entry.name, claims: [] }]
      await note(ports, { kind: 'applied', party: pending.issuer, credentials, shared: false })
    }
    return undefined
  }
  const { copies, notificationId } = delivery
  const configuration = await readConfiguration(issuer, entry.id, ports, reach)
  // The same id on each try: if storing went through and the next line did not, the next try overwrites.
  const id = await derivedId(
    pending.id,
    entry.id,
    ...(entry.credentialIdentifier ? [entry.credentialIdentifier] : []),
  )
  let accepted: Awaited<ReturnType<typeof acceptCopies>>
  try {
    accepted = await acceptCopies({ id, copies, keys: entry.copyKeys, configuration, issuer }, ports)
  } catch (error) {
    await notifyIssuer(issuer, pending, { notificationId, event: 'credential_failure' }, ports, reach)
    throw error
  }
  const credential: StoredCredential = {
    ...accepted.credential,
    ...renewalOf(pending, entry, notificationId),
  }
  await inTurn(ports.store, () => ports.store.put('credential', id, credential))
  pending.configurations = pending.configurations.filter((other) => other !== entry)
  await ports.store.put('pending', pending.id, pending)
  await Promise.all(accepted.spareKeys.map((key) => ports.keys.remove(key.id)))
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
  await notifyIssuer(issuer, pending, { notificationId, event: 'credential_accepted' }, ports, reach)
  return credential
}

/** Kept when there is a token to renew by, or someone who wants to hear of the end. */
function renewalOf(
  { authorizationServer, accessToken, refreshToken, dpopKey, dpopBound, clientId }: Authorized,
  { id: configurationId, credentialIdentifier }: PendingConfiguration,
  notificationId: string | undefined,
): Pick<StoredCredential, 'renewal'> {
  if (refreshToken === undefined && notificationId === undefined) return {}
  return {
    renewal: {
      configurationId,
      authorizationServer,
      accessToken,
      dpopKey,
      dpopBound,
      ...(clientId === undefined ? {} : { clientId }),
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(credentialIdentifier === undefined ? {} : { credentialIdentifier }),
      ...(notificationId === undefined ? {} : { notificationId }),
    },
  }
}

/** Whether to try again is of no use: the issuer, or what it sent, says so. */
export function isOver({ code, serverCode }: HolderError): boolean {
  return (
    code === 'issuer_untrusted' ||
    code === 'credential_invalid' ||
    code === 'not_entitled' ||
    code === 'issuer_suspended' ||
    (code === 'issuer_refused' && serverCode !== 'invalid_dpop_proof') ||
    code === 'offer_expired'
  )
}
