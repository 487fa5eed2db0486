import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider'
import { hashSecret } from '../access/secrets.ts'
import type { Context } from '../context.ts'
import { PRE_AUTHORIZED, scopeOf } from '../issuance/metadata.ts'
import { txCodeHash } from '../issuance/offers.ts'
import { checkDpopReplay, validateDpop } from './attestation.ts'
import type { Records } from './records.ts'
import { Refusal } from './refusal.ts'
import type { Requestable } from './requestable.ts'

/** Wrong transaction codes after which an offer is locked for good. */
export const MAX_ATTEMPTS = 5
/** How long a wallet that lost its answer may ask again. */
const RETRY_SECONDS = 600
const MAX_CODE = 200

type Redeemed = {
  id: string
  agencyId: string
  typeId: string
  subjectId: string
  attempts: number
  granted: boolean
}

/**
 * The pre-authorized code (OpenID4VCI 1.0 section 3.5). One statement decides: the row's lock puts simultaneous requests in
 * order, so six guesses at once cannot be more than five, and a code cannot be redeemed twice.
 *
 * A wallet whose answer got lost may ask again with the same code, transaction code and DPoP key, until it has its
 * credential; the token it never saw stops working. An offer without a transaction code was handed to the wallet of its
 * citizen alone. It may be begun anew until the credential is there: nobody makes it again.
 *
 * `code` in the body of a refusal tells apart what section 6.3 lumps together as `invalid_grant`.
 */
export function registerPreAuthorizedGrant(
  provider: Provider,
  { db, agent, clock }: Pick<Context, 'db' | 'agent' | 'clock'>,
  { records, requestable }: { records: Records; requestable: Requestable },
): void {
  provider.registerGrantType(
    PRE_AUTHORIZED,
    async (ctx: TokenEndpointGrantContext) => {
      const { code, txCode } = codesIn(ctx.oidc.params)
      const { client } = ctx.oidc
      const proof = await validateDpop(provider, ctx)
      if (!proof) throw new errors.InvalidDpopProof('A DPoP proof is required.')
      await checkDpopReplay(provider, ctx, proof, client.clientId, errors.InvalidDpopProof)
      const offer = await redeem({ code, txCode, jkt: proof.thumbprint })
      ctx.body = await answer(ctx, offer, proof.thumbprint)
    },
    ['pre-authorized_code', 'tx_code', 'authorization_details'],
  )

  type Redeem = { code: string; txCode: string | undefined; jkt: string }

  async function redeem({ code, txCode, jkt }: Redeem): Promise<Redeemed> {
    const now = clock()
    const codeHash = hashSecret(code)
    const retryFrom = new Date(now.getTime() - RETRY_SECONDS * 1000)
    // What is compared are two HMACs: how long that takes says nothing about the code.
    const given = txCode === undefined ? null : txCodeHash(agent, codeHash, txCode)
    // An offer without a transaction code takes any, and none: what it is compared with is then the same.
    // Each value is given once, in `i`: the embedded database pays for every parameter.
    const [row] = await db.sql<Redeemed>`
      UPDATE "Offer" SET
        "attempts" = "attempts" + COALESCE("txCodeHash" <> i.given, false)::int,
        "lockedAt" = CASE WHEN "txCodeHash" <> i.given AND "attempts" + 1 >= i.most THEN i.now END,
        "redeemedAt" = CASE WHEN "txCodeHash" <> i.given THEN "redeemedAt"
          WHEN "txCodeHash" IS NULL THEN i.now ELSE COALESCE("redeemedAt", i.now) END,
        "dpopJkt" = CASE WHEN "txCodeHash" <> i.given THEN "dpopJkt" ELSE i.jkt END,
        "sealedCode" = CASE WHEN "txCodeHash" = i.given THEN NULL ELSE "sealedCode" END
      FROM (SELECT ${given}::text AS given, ${jkt}::text AS jkt, ${now}::timestamptz AS now,
        ${retryFrom}::timestamptz AS since, ${MAX_ATTEMPTS}::int AS most) AS i
      WHERE "codeHash" = ${codeHash} AND "grant" = 'pre-authorized_code' AND "lockedAt" IS NULL
        AND NOT EXISTS (SELECT 1 FROM "Agency" a WHERE a."id" = "agencyId" AND a."suspendedAt" IS NOT NULL)
        AND ("txCodeHash" IS NULL OR i.given IS NOT NULL)
        AND (("redeemedAt" IS NULL AND "expiresAt" > i.now)
          OR ("txCodeHash" IS NULL AND "issuedAt" IS NULL AND "expiresAt" > i.now)
          OR ("issuedAt" IS NULL AND "dpopJkt" = i.jkt AND "redeemedAt" > i.since))
      RETURNING "Offer"."id", "agencyId", "typeId", "subjectId", "attempts",
        COALESCE("txCodeHash" = i.given, true) AS "granted"`
    if (!row) throw await refusalFor(codeHash, txCode, now)
    if (!row.granted) throw wrongCode(row.attempts)
    return row
  }

  async function refusalFor(codeHash: string, txCode: string | undefined, now: Date): Promise<Error> {
    type Row = {
      suspendedAt: Date | null
      lockedAt: Date | null
      redeemedAt: Date | null
      expiresAt: Date
      hasTxCode: boolean
    }
    const [row] = await db.sql<Row>`
      SELECT (SELECT a."suspendedAt" FROM "Agency" a WHERE a."id" = "agencyId") AS "suspendedAt", "lockedAt", "redeemedAt",
        "expiresAt", "txCodeHash" IS NOT NULL AS "hasTxCode"
      FROM "Offer" WHERE "codeHash" = ${codeHash} AND "grant" = 'pre-authorized_code'`
    if (row?.suspendedAt) return refusal('issuer_suspended', 'This office may not issue at the moment.')
    if (txCode === undefined && row?.hasTxCode !== false) return noTxCode()
    if (!row) return new Refusal('invalid_grant', 'The pre-authorized code is not known.')
    if (row.lockedAt)
      return refusal('offer_locked', 'The offer is locked after too many wrong transaction codes.')
    if (!row.redeemedAt && row.expiresAt <= now)
      return refusal('offer_expired', 'The pre-authorized code has expired.')
    // Also when it was open when we looked, and not when we wrote: the other request has it.
    return refusal('offer_already_used', 'The pre-authorized code was used already.')
  }

  /** The token response (section 6.2), with a refresh token for wallets that can be told from others. */
  async function answer(ctx: TokenEndpointGrantContext, offer: Redeemed, jkt: string) {
    const { client, params } = ctx.oidc
    const detail = requestable.detailOf(offer, offer.id)
    // Under the offer's own name: a second token for it takes the place of the first.
    const grant = new provider.Grant({
      clientId: client.clientId,
      accountId: offer.subjectId,
      rar: [{ ...detail }],
    })
    grant.jti = `offer ${offer.id}`
    const scope = scopeOf(offer)
    // Later the wallet may name the issuer that the token is for, or not (RFC 8707).
    const resources = [requestable.resource, ...detail.locations]
    for (const resource of resources) grant.addResourceScope(resource, scope)
    ctx.oidc.entity('Grant', grant)
    const shared = { client, accountId: offer.subjectId, grantId: grant.jti, gty: 'pre_authorized_code' }
    const asked = params.authorization_details !== undefined
    const accessToken = new provider.AccessToken({ ...shared, ...(asked ? { rar: [{ ...detail }] } : {}) })
    accessToken.setThumbprint('jkt', jkt)
    ctx.oidc.entity('AccessToken', accessToken)
    const values = await records.replaceAll(grant.jti, async () => {
      await grant.save()
      const access = await accessToken.save()
      if (client.clientAuthMethod === 'none') return { access }
      const refreshToken = new provider.RefreshToken({
        ...shared,
        scope,
        resource: resources,
        ...(asked ? { rar: [{ ...detail }] } : {}),
      })
      await (refreshToken as unknown as AttestBound).setAttestBinding(ctx)
      ctx.oidc.entity('RefreshToken', refreshToken)
      return { access, refresh: await refreshToken.save() }
    })
    return {
      access_token: values.access,
      token_type: accessToken.tokenType,
      expires_in: accessToken.expiration,
      ...(values.refresh === undefined ? {} : { refresh_token: values.refresh }),
      ...(asked ? { authorization_details: [detail] } : {}),
    }
  }
}

/** Binds a token to the key that the wallet's attestation is for. */
type AttestBound = { setAttestBinding(ctx: TokenEndpointGrantContext): Promise<void> }

const refusal = (code: string, description: string, extra: Record<string, unknown> = {}) =>
  new Refusal('invalid_grant', description, { code, ...extra })

function wrongCode(attempts: number): Error {
  const left = MAX_ATTEMPTS - attempts
  if (left <= 0) return refusal('offer_locked', 'The offer is locked after too many wrong transaction codes.')
  return refusal('tx_code_wrong', 'The transaction code is wrong.', { attempts_left: left })
}

const noTxCode = () =>
  new Refusal('invalid_request', 'The parameter tx_code is missing or malformed.', {
    code: 'tx_code_required',
  })

function codesIn(params: Record<string, unknown>): { code: string; txCode: string | undefined } {
  const code = params['pre-authorized_code']
  if (typeof code !== 'string' || code === '' || code.length > MAX_CODE)
    throw new errors.InvalidRequest('The parameter pre-authorized_code is missing or malformed.')
  const txCode = params['tx_code']
  if (txCode === undefined) return { code, txCode }
  if (typeof txCode !== 'string' || txCode === '' || txCode.length > MAX_CODE) throw noTxCode()
  return { code, txCode }
}
