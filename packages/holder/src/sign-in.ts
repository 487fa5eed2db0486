import { newId, note } from './activity.ts'
import { toBase64url } from './encoding.ts'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { readIssuer } from './issuer.ts'
import { requestAuthorization } from './oauth/authorization-request.ts'
import { codeFrom, readReturn } from './oauth/authorization-response.ts'
import { serverOf } from './oauth/server.ts'
import { drop } from './pending.ts'
import type { Reach } from './reach.ts'
import { finish } from './receive.ts'
import type { OfferPreview, PendingIssuance, Received, SignInUnderWay } from './types.ts'

/** Prepares a sign-in: see `Holder.beginSignIn`. */
export async function beginSignIn(
  offer: OfferPreview,
  { redirectUri, uiLocales }: { redirectUri: string; uiLocales: string | undefined },
  ports: HolderPorts,
  reach: Reach,
): Promise<{ url: string; pendingId: string }> {
  if (!offer.signIn) throw new HolderError('offer_unsupported', 'the offer needs no sign-in')
  if (offer.types.length === 0) throw new HolderError('offer_unsupported', 'the offer has nothing in it')
  const issuer = await readIssuer(offer.issuer.id, ports, reach)
  const server = await serverOf(issuer, offer.authorizationServer, ports, reach)
  const { clientId } = server.identity
  if (clientId === undefined)
    throw new HolderError('wallet_unattested', 'the issuer does not know this wallet')

  const signIn: SignInUnderWay = {
    offer,
    redirectUri,
    state: newId(ports),
    codeVerifier: toBase64url(ports.random(32)),
    clientId,
    namesItself: server.metadata.authorization_response_iss_parameter_supported ?? false,
  }
  const pending: PendingIssuance = {
    id: newId(ports),
    state: 'signing_in',
    startedAt: ports.clock().getTime(),
    issuer: { id: issuer.id, name: issuer.name },
    signIn,
    authorizationServer: server.metadata.issuer,
    dpopKey: await ports.keys.generate(),
    configurations: offer.types.map(({ configurationId, name }) => ({
      id: configurationId,
      name,
      copyKeys: [],
    })),
  }
  await ports.store.put('pending', pending.id, pending)
  try {
    const url = await requestAuthorization(
      issuer,
      server,
      { signIn, dpopKey: pending.dpopKey, uiLocales },
      ports,
    )
    await dropEarlier(pending, ports)
    return { url, pendingId: pending.id }
  } catch (error) {
    await drop(pending, ports)
    throw error
  }
}

/** A sign-in for the same that was broken off is over when it is begun anew. */
async function dropEarlier(begun: PendingIssuance, ports: HolderPorts): Promise<void> {
  const sameAs = ({ issuer, configurations }: PendingIssuance) =>
    JSON.stringify([issuer.id, ...configurations.map(({ id }) => id).sort()])
  for (const pending of await ports.store.list('pending')) {
    const brokenOff = pending.state === 'signing_in' && pending.signIn?.code === undefined
    if (brokenOff && pending.id !== begun.id && sameAs(pending) === sameAs(begun)) await drop(pending, ports)
  }
}

/** The issuance that a return belongs to. @throws HolderError `sign_in_unknown`, `sign_in_mixed_up` */
export async function pendingOfReturn(returnUrl: string, ports: HolderPorts): Promise<PendingIssuance> {
  const { state } = readReturn(returnUrl)
  const all = await ports.store.list('pending')
  const pending = all.find(({ signIn }) => signIn?.state === state)
  if (!pending) throw new HolderError('sign_in_unknown', 'no sign-in of this wallet is answered')
  return pending
}

/** Finishes a sign-in: see `Holder.completeSignIn`. */
export async function completeSignIn(
  returnUrl: string,
  pending: PendingIssuance,
  ports: HolderPorts,
  reach: Reach,
): Promise<Received> {
  const { signIn } = pending
  if (!signIn) throw new HolderError('sign_in_unknown', 'the issuance has no sign-in')
  // Reloaded, or opened a second time: what is under way goes on.
  if (pending.accessToken !== undefined) return finish(pending, undefined, ports, reach)
  let code: string
  try {
    code = codeFrom(readReturn(returnUrl), pending, signIn)
  } catch (error) {
    const failure = asHolderError(error, 'sign_in_failed')
    // An answer from elsewhere must not be able to end what was begun here.
    if (failure.code !== 'sign_in_mixed_up') await drop(pending, ports)
    await note(ports, {
      kind: 'failed',
      party: pending.issuer,
      credentials: pending.configurations.map(({ name }) => ({ name, claims: [] })),
      code: failure.code,
      shared: false,
    })
    throw failure
  }
  const returned: PendingIssuance = { ...pending, signIn: { ...signIn, code } }
  await ports.store.put('pending', pending.id, returned)
  return finish(returned, undefined, ports, reach)
}
