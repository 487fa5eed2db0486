import { note } from './activity.ts'
import { derivedId } from './encoding.ts'
import { asHolderError, HolderError, type HolderErrorCode } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { type Issuer, readIssuer } from './issuer.ts'
import { fetchTokens, type Grant, type Granted } from './oauth/token.ts'
import { drop } from './pending.ts'
import type { Reach } from './reach.ts'
import { type Authorized, receiveOne } from './receive-one.ts'
import type {
  OfferPreview,
  PendingConfiguration,
  PendingIssuance,
  Received,
  SignInUnderWay,
  StoredCredential,
} from './types.ts'

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
): Promise<Received> {
  const { preAuthorizedCode } = offer
  if (preAuthorizedCode === undefined) throw new HolderError('sign_in_required', 'the offer needs a sign-in')
  const id = await derivedId(offer.issuer.id, preAuthorizedCode)
  const known = await ports.store.get('pending', id)
  if (!known?.accessToken && offer.txCode && !txCode) {
    throw new HolderError('tx_code_required', 'the offer needs its transaction code')
  }
  return finish(known ?? (await begin(id, offer, preAuthorizedCode, ports)), txCode, ports, reach)
}

/** Does what is left of an issuance. */
export async function finish(
  pending: PendingIssuance,
  txCode: string | undefined,
  ports: HolderPorts,
  reach: Reach,
): Promise<Received> {
  try {
    const issuer = await readIssuer(pending.issuer.id, ports, reach)
    const authorized = await authorize(pending, issuer, txCode, ports, reach)
    const credentials: StoredCredential[] = []
    for (const entry of authorized.configurations.filter(({ deferred }) => !deferred)) {
      const credential = await receiveOne(authorized, entry, issuer, ports, reach)
      if (credential) credentials.push(credential)
    }
    return { credentials, waiting: await closeOrWait(pending.id, ports) }
  } catch (error) {
    const failure = asHolderError(error, 'issuer_malformed')
    await afterFailure((await ports.store.get('pending', pending.id)) ?? pending, failure, ports)
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

/** An issuance of which all has come is over; one of which the rest comes later waits. */
export async function closeOrWait(id: string, ports: HolderPorts): Promise<PendingIssuance[]> {
  const left = await ports.store.get('pending', id)
  if (!left) return []
  if (left.configurations.length === 0) {
    await drop(left, ports)
    return []
  }
  const state = left.configurations.every(({ deferred }) => deferred) ? 'waiting' : left.state
  const waiting: PendingIssuance = { ...left, state }
  await ports.store.put('pending', id, waiting)
  return [waiting]
}

async function afterFailure(left: PendingIssuance, failure: HolderError, ports: HolderPorts): Promise<void> {
  if (failure.code === 'sign_in_required' && left.signIn) {
    // The code is worth nothing any more; the offer in it is: the sign-in can be begun anew.
    return ports.store.put('pending', left.id, { ...left, signIn: withoutCode(left.signIn) })
  }
  // Refused before there is a token: the offer can be read again. After: the token is all that is left of it, unless
  // the issuer says that it will never do (OpenID4VCI 1.0 section 8.3.1.2).
  const unbegun = failure.code === 'issuer_refused' && left.accessToken === undefined
  const denied = failure.serverCode === 'credential_request_denied'
  if (!unbegun && !denied && !FINAL.has(failure.code)) return
  const waiting = left.configurations.filter(({ deferred }) => deferred)
  if (waiting.length === 0) return drop(left, ports)
  const lost = left.configurations.filter(({ deferred }) => !deferred).flatMap(({ copyKeys }) => copyKeys)
  await ports.store.put('pending', left.id, { ...left, state: 'waiting', configurations: waiting })
  await Promise.all(lost.map((key) => ports.keys.remove(key.id)))
}

async function begin(
  id: string,
  offer: OfferPreview,
  preAuthorizedCode: string,
  ports: HolderPorts,
): Promise<PendingIssuance> {
  const { authorizationServer } = offer
  const pending: PendingIssuance = {
    id,
    state: 'begun',
    startedAt: ports.clock().getTime(),
    issuer: { id: offer.issuer.id, name: offer.issuer.name },
    preAuthorizedCode,
    ...(authorizationServer === undefined ? {} : { authorizationServer }),
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

async function authorize(
  pending: PendingIssuance,
  issuer: Issuer,
  txCode: string | undefined,
  ports: HolderPorts,
  reach: Reach,
): Promise<Authorized> {
  const { accessToken, authorizationServer } = pending
  if (accessToken !== undefined) {
    const server = authorizationServer ?? issuer.metadata.authorizationServers[0]?.issuer ?? issuer.id
    return { ...pending, accessToken, authorizationServer: server, dpopBound: pending.dpopBound ?? false }
  }
  const granted = await fetchTokens(issuer, pending, grantOf(pending, txCode), ports, reach)
  const { identifiers, ...tokens } = granted
  const authorized: Authorized = {
    ...pending,
    ...tokens,
    ...(pending.signIn ? { signIn: withoutCode(pending.signIn) } : {}),
    state: 'authorized',
    configurations: namedDatasets(pending.configurations, identifiers),
  }
  await ports.store.put('pending', pending.id, authorized)
  return authorized
}

function withoutCode({ code: _, ...signIn }: SignInUnderWay): SignInUnderWay {
  return signIn
}

function grantOf({ preAuthorizedCode, signIn }: PendingIssuance, txCode: string | undefined): Grant {
  if (preAuthorizedCode !== undefined)
    return { preAuthorizedCode, ...(txCode === undefined ? {} : { txCode }) }
  if (signIn?.code === undefined) throw new HolderError('sign_in_required', 'the sign-in was not finished')
  const { code, codeVerifier, redirectUri } = signIn
  return { code, codeVerifier, redirectUri }
}

/** One request per dataset that the token is for (OpenID4VCI 1.0 section 6.2). */
function namedDatasets(asked: PendingConfiguration[], named: Granted['identifiers']): PendingConfiguration[] {
  return asked.flatMap((configuration) => {
    const ids = named
      .filter(({ configurationId }) => configurationId === configuration.id)
      .flatMap(({ credentialIdentifiers }) => credentialIdentifiers)
    if (ids.length === 0) return [configuration]
    return ids.map((credentialIdentifier) => ({ ...configuration, copyKeys: [], credentialIdentifier }))
  })
}
