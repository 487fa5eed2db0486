import type { AccessGrant } from '../authorization/types.ts'
import type { Context } from '../context.ts'
import { OAuthError } from '../http/problem.ts'
import type { Reply } from '../http/route.ts'
import { dpopRefusal } from '../jose/dpop.ts'
import type { JsonObject } from '../jose/jws.ts'
import type { Nonces } from '../jose/nonce.ts'
import type { WalletTrust } from '../wallet-trust/types.ts'
import { type AgencyDesk, refuseSuspended } from './agency-desk.ts'
import { hashOfKeys, type Issuing } from './issuing.ts'
import { type ProvenKey, verifyKeyProofs } from './key-proof.ts'
import type { Message, RawMessage } from './messages.ts'
import type { ResourceAccess, TokenHeaders } from './resource-access.ts'
import type { Right, Rights } from './rights.ts'
import { applicationRefused, type WaitingRoom } from './waiting.ts'

export type CredentialRequest = TokenHeaders & RawMessage

type CredentialDeps = {
  desk: AgencyDesk
  /** Nonces of the key proofs. */
  nonces: Nonces
  access: ResourceAccess
  readMessage: (agencyId: string, message: RawMessage) => Message
  rightsOf: Rights
  issuing: Issuing
  waitingRoom: WaitingRoom
  walletTrust: Pick<WalletTrust, 'keyAttestation'>
}

/** After an offer's end its credential can still be asked for, by a wallet that lost its connection meanwhile. */
export const FIRST_ISSUE_MS = 24 * 60 * 60 * 1000
/** Requests that come at once are few; each time one of them has got further. */
const MOST_ROUNDS = 4

type Question = {
  agencyId: string
  grant: AccessGrant
  right: Right
  keys: ProvenKey[]
  requestHash: string
  now: Date
}

/**
 * The credential endpoint (OpenID4VCI 1.0 section 8): one copy per key. Each access token gets one batch: a repetition
 * with the same keys gets the same copies, for as long as the token counts; a refreshed token gets fresh ones. What an
 * officer must approve first is answered by 202.
 *
 * @throws OAuthError `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`, `invalid_credential_request`,
 *   `unknown_credential_configuration`, `unknown_credential_identifier`, `invalid_encryption_parameters`,
 *   `invalid_proof`, `invalid_nonce`, `credential_request_denied`
 */
export function createCredentialEndpoint(
  { city, clock }: Pick<Context, 'city' | 'clock'>,
  { desk, nonces, access, readMessage, rightsOf, issuing, waitingRoom, walletTrust }: CredentialDeps,
): (agencyId: string, request: CredentialRequest) => Promise<Reply> {
  return async (agencyId, request) => {
    const issuer = desk.issuerOf(agencyId)
    const grant = await access.prove(`${issuer}/credential`, request)
    const now = clock()
    const rights = await rightsOf(agencyId, grant)
    if (rights.length === 0)
      throw dpopRefusal('invalid_token', 'The access token is for no credential of this issuer.', {
        accessToken: '',
        nonces,
      })
    const message = readMessage(agencyId, request)
    const right = await choose(agencyId, message.body, rights)
    refuseSuspended(right, 'credential_request_denied')
    const keys = await verifyKeyProofs(message.body['proofs'], {
      issuer,
      agencyId,
      clientId: grant.clientId,
      now: now.getTime() / 1000,
      nonces,
      walletTrust,
    })
    const question = { agencyId, grant, keys, requestHash: hashOfKeys(keys), now }
    return decide(message, { ...question, right })
  }

  /** @throws OAuthError for a request that names no credential of the token */
  async function choose(agencyId: string, body: JsonObject, rights: Right[]): Promise<Right> {
    const malformed = (reason: string) => new OAuthError('invalid_credential_request', reason)
    const { credential_configuration_id: configuration, credential_identifier: identifier } = body
    if ((configuration === undefined) === (identifier === undefined))
      throw malformed('Name either credential_configuration_id or credential_identifier.')
    if ('proof' in body) throw malformed('The parameter proof has left the protocol: send proofs.')
    if (identifier !== undefined) {
      const right = rights.find(({ id }) => id === identifier)
      if (right) return right
      throw new OAuthError('unknown_credential_identifier', 'The access token is for no such credential.')
    }
    const right = rights.find(({ typeId }) => typeId === configuration)
    if (right) return right
    const { types } = await desk.find(agencyId)
    if (typeof configuration !== 'string' || !types.includes(configuration))
      throw new OAuthError(
        'unknown_credential_configuration',
        'This issuer has no such credential configuration.',
      )
    throw new OAuthError('credential_request_denied', 'The access token is for another credential.')
  }

  async function decide(message: Message, question: Question): Promise<Reply> {
    let right: Right | undefined = question.right
    for (let round = 0; right && round < MOST_ROUNDS; round++) {
      const asked: Question = { ...question, right }
      const reply = right.status === null ? await begin(message, asked) : await further(message, asked)
      if (reply) return reply
      ;[right] = await rightsOf(asked.agencyId, { ...asked.grant, offers: [asked.right.id] })
    }
    throw new OAuthError('temporarily_unavailable', 'Too many requests came at once.', { status: 503 })
  }

  /** There is a credential: the token's own copies again, or further ones. */
  async function further(message: Message, asked: Question): Promise<Reply | undefined> {
    const { right, requestHash } = asked
    const response =
      right.batchId === null ? await issuing.more(batchOf(asked)) : await issuing.again(right, requestHash)
    return response && message.answer(200, response)
  }

  /** There is none yet: it is issued, or applied for. */
  async function begin(message: Message, asked: Question): Promise<Reply | undefined> {
    const { agencyId, right, keys, requestHash, now } = asked
    const { application } = right
    if (application) {
      if (application.state === 'refused') throw applicationRefused(application)
      if (application.expiresAt <= now) throw denied('The application has expired.', 'application_expired')
      if (application.requestHash !== requestHash)
        throw denied('This was applied for already, for other keys.', 'already_applied')
      return waitingRoom.wait(message, application, now)
    }
    if (right.offerExpiresAt.getTime() + FIRST_ISSUE_MS <= now.getTime())
      throw denied('This offer has expired.', 'offer_expired')
    if (right.grant === 'sign-in' && city.types.get(right.typeId)?.approval === 'officer') {
      await waitingRoom.apply(agencyId, right, keys, requestHash, now)
      return undefined
    }
    const response = await issuing.first(batchOf(asked))
    return response && message.answer(200, response)
  }
}

const denied = (description: string, code: string) =>
  new OAuthError('credential_request_denied', description, { extra: { code } })

const batchOf = ({ grant, ...asked }: Question) => ({ ...asked, tokenHash: grant.tokenHash })
