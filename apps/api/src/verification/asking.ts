import type { Principal } from '../access/principal.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { createResponseKey } from '../jose/jwe.ts'
import { keyOfActor } from './asker.ts'
import type { Desks } from './desk-of.ts'
import type { OpenRequest, OpenRequests } from './open-requests.ts'
import { type createQueries, registeredPurpose } from './query.ts'
import { closed, unknownRequest } from './refusals.ts'
import { signRequestObject } from './request-object.ts'
import type { CreateVerification } from './schema.ts'
import { insertVerification } from './store.ts'
import { createTermsReader } from './terms.ts'
import { clientIdOf, type VerifierIdentities } from './verifier-identity.ts'
import { assertWalletCanAnswer } from './wallet-metadata.ts'

/** How long a request can be answered. Someone has to find the phone and choose. */
export const REQUEST_SECONDS = 300

export type CreatedVerification = { id: string; requestUri: string; walletLink: string; expiresAt: string }

/** A request for `navigator.credentials.get` (OpenID4VP 1.0 appendix A). */
export type CreatedForBrowser = {
  id: string
  expiresAt: string
  digitalCredentialRequest: { protocol: 'openid4vp-v1-signed'; data: { request: string } }
}

/** What a wallet posted for its request object (section 5.10). */
export type WalletAsks = { walletNonce?: string | undefined; walletMetadata?: string | undefined }

export type AskingDeps = {
  desks: Desks
  identities: VerifierIdentities
  requests: OpenRequests
  askedQuery: ReturnType<typeof createQueries>
  responseUri(id: string): string
}

/** Makes requests and signs them. */
export function createAsking(context: Context, deps: AskingDeps) {
  const { db, agent, city, clock, config, random } = context
  const { desks, identities, requests, askedQuery, responseUri } = deps
  const termsOf = createTermsReader(context)

  async function make(principal: Principal, body: CreateVerification) {
    const verifierId = desks.verifierOf(principal)
    const { template, dcql, purpose, anchorPolicy } = askedQuery(body)
    if (template !== null && city.templates.get(template)?.verifiers?.includes(verifierId) === false)
      throw new Problem('forbidden', 'This template is for other verifiers.')
    const identity = await identities.get(verifierId)
    const terms = termsOf(verifierId, body, dcql, identity)
    // Its answer takes a proof of the wallet that asked, which a page in a browser cannot make.
    if (terms.channel === 'dc_api' && desks.identifies({ verifierId }))
      throw new Problem('forbidden', 'Here only wallets ask, for themselves.')
    const id = uuidOf(random(16))
    const { privateKey, publicJwk } = createResponseKey()
    const createdAt = clock()
    const request: OpenRequest = {
      ...terms,
      verifierId,
      actor: principal.actor,
      template,
      purpose,
      dcql,
      anchorPolicy,
      nonce: Buffer.from(random(24)).toString('base64url'),
      privateKey,
      publicJwk,
      expiresAt: new Date(createdAt.getTime() + REQUEST_SECONDS * 1000),
    }
    await insertVerification(db.sql, {
      ...request,
      id,
      dcql: JSON.stringify(dcql),
      sealedKey: requests.sealKey(id, privateKey),
      publicKey: JSON.stringify(publicJwk),
      createdAt,
    })
    requests.keep(id, request)
    return { id, request, identity }
  }

  async function create(principal: Principal, body: CreateVerification): Promise<CreatedVerification> {
    const { id, request, identity } = await make(principal, body)
    const query = new URLSearchParams({
      client_id: clientIdOf(identity, request),
      request_uri: `${config.publicUrl}/verifier/requests/${id}`,
      request_uri_method: 'post',
    }).toString()
    return {
      id,
      requestUri: `openid4vp://?${query}`,
      walletLink: `${config.publicUrl}/wallet/present#${query}`,
      expiresAt: request.expiresAt.toISOString(),
    }
  }

  async function createForBrowser(
    principal: Principal,
    body: CreateVerification,
  ): Promise<CreatedForBrowser> {
    const { id, request } = await make(principal, body)
    return {
      id,
      expiresAt: request.expiresAt.toISOString(),
      digitalCredentialRequest: {
        protocol: 'openid4vp-v1-signed',
        data: { request: await sign(id, request, undefined) },
      },
    }
  }

  /**
   * Each fetch is signed anew, with the nonce that came with it and no other: the nonce tells a wallet that its own
   * request was answered (section 5.10), and says nothing to anybody else. So a request can be fetched again.
   */
  async function requestObject(id: string, { walletNonce, walletMetadata }: WalletAsks): Promise<string> {
    const request = await requests.get(id)
    if (request.channel !== 'redirect') throw unknownRequest()
    if (request.expiresAt <= clock()) throw closed('request_expired')
    if (walletMetadata !== undefined) assertWalletCanAnswer(walletMetadata, request.clientIdPrefix)
    requests.noteFetched(id)
    return sign(id, request, walletNonce)
  }

  async function sign(id: string, request: OpenRequest, walletNonce: string | undefined): Promise<string> {
    const identity = await identities.get(request.verifierId)
    const { template, purpose, dcql, channel, origins } = request
    const registration =
      template !== null && purpose
        ? await identities.registration(identity, template, registeredPurpose(purpose, dcql))
        : undefined
    const dpopJkt = desks.identifies(request) ? keyOfActor(request.actor) : undefined
    return signRequestObject({
      id,
      identity,
      clientId: clientIdOf(identity, request),
      answerTo: channel === 'dc_api' ? { expectedOrigins: origins } : { responseUri: responseUri(id) },
      nonce: request.nonce,
      dcql,
      responseKey: request.publicJwk,
      transactionData: request.transactionData,
      ...(registration === undefined ? {} : { registration }),
      ...(walletNonce === undefined ? {} : { walletNonce }),
      ...(dpopJkt === undefined ? {} : { dpopJkt }),
      iat: Math.floor(clock().getTime() / 1000),
      exp: Math.floor(request.expiresAt.getTime() / 1000),
      sign: agent.signer(identity.keyRef),
    })
  }

  return { create, createForBrowser, requestObject }
}

/** Version 4 of RFC 9562 from sixteen random bytes. */
function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes)
  hex[6] = ((hex[6] ?? 0) & 0x0f) | 0x40
  hex[8] = ((hex[8] ?? 0) & 0x3f) | 0x80
  return hex.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
