import { hashSecret, newSecret } from '../access/secrets.ts'
import type { Context } from '../context.ts'
import { OAuthError } from '../http/problem.ts'
import { type AgencyDesk, refuseSuspended } from './agency-desk.ts'
import { dpopRefusal, verifyDpop } from '../jose/dpop.ts'
import { PRE_AUTHORIZED } from './metadata.ts'
import type { Nonces } from '../jose/nonce.ts'
import { txCodeHash } from './offers.ts'

export type TokenRequest = {
  /** Form fields as they came. */
  form: Record<string, unknown>
  dpop: string | undefined
  authorization: string | undefined
}

export type TokenResponse = {
  access_token: string
  token_type: 'DPoP'
  expires_in: number
  authorization_details?: {
    type: 'openid_credential'
    credential_configuration_id: string
    credential_identifiers: string[]
  }[]
}

/** Wrong transaction codes after which an offer is locked for good. */
export const MAX_ATTEMPTS = 5
/** How long an access token counts, and for how long a wallet that lost it may ask again. */
const TOKEN_SECONDS = 600
const MAX_CODE = 200
/** DPoP proofs that one offer remembers: more than any honest wallet needs. */
const MAX_PROOFS = 100

/**
 * The token endpoint (OpenID4VCI 1.0 section 6). One statement decides: the row's lock puts simultaneous requests
 * in order, so six guesses at once cannot be more than five, and a code cannot be redeemed twice.
 *
 * A wallet whose answer got lost may ask again with the same code, transaction code and DPoP key, until it has its
 * credential; the token it never saw stops working. An offer without a transaction code was handed to the wallet of its
 * citizen alone.
 *
 * @throws OAuthError; `code` in the body tells apart what section 6.3 lumps together as `invalid_grant`
 */
export function createTokenEndpoint(
  { db, agent, clock, random }: Pick<Context, 'db' | 'agent' | 'clock' | 'random'>,
  { desk, nonces }: { desk: AgencyDesk; nonces: Nonces },
): (agencyId: string, request: TokenRequest) => Promise<TokenResponse> {
  return async (agencyId, request) => {
    const { code, txCode, details } = parametersIn(request)
    const agency = await desk.find(agencyId)
    const now = clock()
    const url = `${desk.issuerOf(agencyId)}/token`
    const { jkt, jti } = verifyDpop(request.dpop, { method: 'POST', url, now: now.getTime() / 1000, nonces })
    refuseSuspended(agency, 'invalid_grant')
    const codeHash = hashSecret(code)
    const accessToken = newSecret(random)
    const tokenHash = hashSecret(accessToken)
    const expiresAt = new Date(now.getTime() + TOKEN_SECONDS * 1000)
    const retryFrom = new Date(now.getTime() - TOKEN_SECONDS * 1000)
    // What is compared are two HMACs: how long that takes says nothing about the code.
    const given = txCode === undefined ? null : txCodeHash(agent, codeHash, txCode)
    // An offer without a transaction code takes any, and none: what it is compared with is then the same.
    // It lies in its citizen's inbox, and may be begun anew until the credential is there: nobody makes it again.
    // Each value is given once, in `i`: the embedded database pays for every parameter.
    const [row] = await db.sql<{ typeId: string; attempts: number; granted: boolean }>`
      UPDATE "Offer" SET
        "dpopJtis" = array_append("dpopJtis", i.jti),
        "attempts" = "attempts" + COALESCE("txCodeHash" <> i.given, false)::int,
        "lockedAt" = CASE WHEN "txCodeHash" <> i.given AND "attempts" + 1 >= i.most THEN i.now END,
        "redeemedAt" = CASE WHEN "txCodeHash" <> i.given THEN "redeemedAt"
          WHEN "txCodeHash" IS NULL THEN i.now ELSE COALESCE("redeemedAt", i.now) END,
        "dpopJkt" = CASE WHEN "txCodeHash" <> i.given THEN "dpopJkt" ELSE i.jkt END,
        "tokenHash" = CASE WHEN "txCodeHash" <> i.given THEN "tokenHash" ELSE i.token END,
        "tokenExpiresAt" = CASE WHEN "txCodeHash" <> i.given THEN "tokenExpiresAt" ELSE i.until END,
        "sealedCode" = CASE WHEN "txCodeHash" = i.given THEN NULL ELSE "sealedCode" END
      FROM (SELECT ${jti}::text AS jti, ${given}::text AS given, ${jkt}::text AS jkt, ${tokenHash}::text AS token,
        ${now}::timestamptz AS now, ${retryFrom}::timestamptz AS since, ${expiresAt}::timestamptz AS until,
        ${MAX_ATTEMPTS}::int AS most) AS i
      WHERE "codeHash" = ${codeHash} AND "agencyId" = ${agencyId} AND "lockedAt" IS NULL
        AND NOT (i.jti = ANY("dpopJtis")) AND cardinality("dpopJtis") < ${MAX_PROOFS}::int
        AND ("txCodeHash" IS NULL OR i.given IS NOT NULL)
        AND (("redeemedAt" IS NULL AND "expiresAt" > i.now)
          OR ("txCodeHash" IS NULL AND "issuedAt" IS NULL AND "expiresAt" > i.now)
          OR ("issuedAt" IS NULL AND "dpopJkt" = i.jkt AND "redeemedAt" > i.since))
      RETURNING "typeId", "attempts", COALESCE("tokenHash" = i.token, false) AS "granted"`
    if (!row) throw await refusalFor({ codeHash, agencyId, jti, now, txCode })
    if (!row.granted) throw wrongCode(row.attempts)
    const { typeId } = row
    return {
      access_token: accessToken,
      token_type: 'DPoP',
      expires_in: TOKEN_SECONDS,
      // Identifiers are sent to those who asked by authorization_details alone: whoever gets them must use them.
      ...(details
        ? {
            authorization_details: [
              {
                type: 'openid_credential',
                credential_configuration_id: typeId,
                credential_identifiers: [typeId],
              },
            ],
          }
        : {}),
    }
  }

  type Refused = { codeHash: string; agencyId: string; jti: string; now: Date; txCode: string | undefined }

  async function refusalFor({ codeHash, agencyId, jti, now, txCode }: Refused): Promise<OAuthError> {
    type Row = {
      lockedAt: Date | null
      redeemedAt: Date | null
      expiresAt: Date
      replayed: boolean
      hasTxCode: boolean
    }
    const [row] = await db.sql<Row>`
      SELECT "lockedAt", "redeemedAt", "expiresAt", ${jti}::text = ANY("dpopJtis") AS "replayed",
        "txCodeHash" IS NOT NULL AS "hasTxCode"
      FROM "Offer" WHERE "codeHash" = ${codeHash} AND "agencyId" = ${agencyId}`
    if (txCode === undefined && row?.hasTxCode !== false) return noTxCode()
    if (!row) return new OAuthError('invalid_grant', 'The pre-authorized code is not known.')
    if (row.replayed) return dpopRefusal('invalid_dpop_proof', 'This DPoP proof was used before.', { nonces })
    if (row.lockedAt)
      return refusal('offer_locked', 'The offer is locked after too many wrong transaction codes.')
    if (row.redeemedAt) return refusal('offer_already_used', 'The pre-authorized code was used already.')
    if (row.expiresAt <= now) return refusal('offer_expired', 'The pre-authorized code has expired.')
    // It was open when we looked, and not when we wrote: the other request has it.
    return refusal('offer_already_used', 'The pre-authorized code was used already.')
  }
}

const refusal = (code: string, description: string, extra: Record<string, unknown> = {}) =>
  new OAuthError('invalid_grant', description, { extra: { code, ...extra } })

function wrongCode(attempts: number): OAuthError {
  const left = MAX_ATTEMPTS - attempts
  if (left <= 0) return refusal('offer_locked', 'The offer is locked after too many wrong transaction codes.')
  return refusal('tx_code_wrong', 'The transaction code is wrong.', { attempts_left: left })
}

const noTxCode = () =>
  new OAuthError('invalid_request', 'The parameter tx_code is missing or malformed.', {
    extra: { code: 'tx_code_required' },
  })

function parametersIn({ form, authorization }: TokenRequest): {
  code: string
  txCode: string | undefined
  details: boolean
} {
  for (const [name, value] of Object.entries(form))
    if (typeof value !== 'string')
      throw new OAuthError('invalid_request', `The parameter ${name.slice(0, 40)} is there more than once.`)
  // Wallets are anonymous here; whoever claims to be a client is not one that we know (RFC 6749 section 5.2).
  if (authorization !== undefined || 'client_secret' in form || 'client_assertion' in form)
    throw new OAuthError('invalid_client', 'Clients are not registered here: ask without authenticating.', {
      status: 401,
      headers: authorization === undefined ? {} : { 'WWW-Authenticate': 'DPoP algs="ES256"' },
    })
  const grantType = form['grant_type']
  if (!grantType) throw new OAuthError('invalid_request', 'The parameter grant_type is missing.')
  if (grantType !== PRE_AUTHORIZED)
    throw new OAuthError('unsupported_grant_type', 'Only the pre-authorized code is supported.')
  const code = form['pre-authorized_code']
  if (typeof code !== 'string' || code === '' || code.length > MAX_CODE)
    throw new OAuthError('invalid_request', 'The parameter pre-authorized_code is missing or malformed.')
  const txCode = form['tx_code']
  if (txCode !== undefined && (typeof txCode !== 'string' || txCode === '' || txCode.length > MAX_CODE))
    throw noTxCode()
  return { code, txCode, details: asksForDetails(form['authorization_details']) }
}

function asksForDetails(given: unknown): boolean {
  if (given === undefined) return false
  try {
    const details: unknown = JSON.parse(String(given))
    if (Array.isArray(details) && details.every((entry) => Object(entry).type === 'openid_credential'))
      return true
  } catch {
    // Refused below, as everything else that is no list of details.
  }
  throw new OAuthError('invalid_request', 'The parameter authorization_details is malformed.')
}
