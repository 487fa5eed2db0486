import { createHash } from 'node:crypto'
import type { AgencyKey } from '@pass/agent'
import { CredentialError, claimsFor } from '@pass/credentials'
import type { Sql } from '@pass/database'
import { hashSecret } from '../access/secrets.ts'
import type { Context } from '../context.ts'
import { OAuthError } from '../http/problem.ts'
import type { Resident } from '../register/resident.ts'
import type { Status } from '../status/service.ts'
import { dateOf } from '../time/korea.ts'
import { type AgencyDesk, refuseSuspended } from './agency-desk.ts'
import { makeCopies, repeatCopies, type SignedBatch } from './copies.ts'
import { type DpopExpectation, type DpopProof, dpopRefusal, verifyDpop } from '../jose/dpop.ts'
import { createFactsVault } from './facts.ts'
import { isJsonObject } from '../jose/jws.ts'
import { type ProvenKey, verifyKeyProofs } from './key-proof.ts'
import type { Nonces } from '../jose/nonce.ts'
import { startOfDayInSeoul } from './subject-record.ts'

export type CredentialRequest = {
  authorization: string | undefined
  dpop: string | undefined
  body: unknown
}

export type CredentialResponse = { credentials: { credential: string }[] }

type CredentialDeps = {
  desk: AgencyDesk
  nonces: Nonces
  status: Pick<Status, 'allocate'>
  recordOf: (row: Resident) => Record<string, unknown>
  /** The relay's: writes the hashes of the copies to the outbox, in the transaction of the issue. */
  enqueueAnchors: (sql: Sql, hashes: string[]) => Promise<unknown>
  vctOf: (typeId: string) => string
}

type Grant = {
  id: string
  typeId: string
  jkt: string
  /** Whether this request's DPoP proof was used before. */
  replayed: boolean
  suspendedAt: Date | null
  issuedAt: Date | null
  resident: Resident | null
  sealedFacts: Uint8Array | null
}

const DAY_SECONDS = 86_400

/**
 * The credential endpoint (OpenID4VCI 1.0 section 8): one copy per proven key. Signing happens outside of any
 * transaction; then one statement writes the credential and its copies if nobody has, and the outbox rows commit
 * with it. A repetition with the same keys gets the same copies, for as long as the access token counts.
 *
 * @throws OAuthError `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`, `invalid_credential_request`,
 *   `unknown_credential_configuration`, `unknown_credential_identifier`, `invalid_encryption_parameters`,
 *   `invalid_proof`, `invalid_nonce`, `credential_request_denied`
 */
export function createCredentialEndpoint(
  { db, agent, city, clock, random }: Pick<Context, 'db' | 'agent' | 'city' | 'clock' | 'random'>,
  { desk, nonces, status, recordOf, enqueueAnchors, vctOf }: CredentialDeps,
): (agencyId: string, request: CredentialRequest) => Promise<CredentialResponse> {
  const facts = createFactsVault(agent)
  return async (agencyId, request) => {
    const now = clock()
    const issuer = desk.issuerOf(agencyId)
    const expected = { method: 'POST', url: `${issuer}/credential`, now: now.getTime() / 1000, nonces }
    const accessToken = tokenIn(request.authorization, expected)
    const proof = verifyDpop(request.dpop, { ...expected, accessToken })
    const tokenHash = hashSecret(accessToken)
    const refuse = (error: 'invalid_token' | 'invalid_dpop_proof', reason: string) =>
      dpopRefusal(error, reason, { accessToken, nonces })
    const grant = await grantFor(agencyId, tokenHash, proof, now)
    if (!grant || grant.jkt !== proof.jkt)
      throw refuse('invalid_token', 'The access token is not valid, or was given to another key.')
    if (grant.replayed) throw refuse('invalid_dpop_proof', 'This DPoP proof was used before.')
    refuseSuspended(grant, 'credential_request_denied')
    const body = await checkRequest(agencyId, request.body, grant)
    const keys = verifyKeyProofs(body['proofs'], { issuer, agencyId, now: expected.now, nonces })
    const requestHash = hashOfKeys(keys)
    if (grant.issuedAt) {
      const spent = await spendProof(grant.id, proof)
      if (!spent) throw refuse('invalid_dpop_proof', 'This DPoP proof was used before.')
      return sameCopies(grant.id, requestHash)
    }
    const outcome = await issue({ agencyId, issuer, grant, keys, requestHash, tokenHash, proof, now })
    if (outcome === 'stale')
      throw refuse('invalid_token', 'The access token was replaced, or the DPoP proof used before.')
    return outcome === 'second' ? sameCopies(grant.id, requestHash) : outcome
  }

  /** Everything that the decision needs, in one query. */
  async function grantFor(
    agencyId: string,
    tokenHash: string,
    { jti }: DpopProof,
    now: Date,
  ): Promise<Grant | undefined> {
    const [row] = await db.sql<Grant>`
      SELECT "id", "typeId", "dpopJkt" AS "jkt", ${jti}::text = ANY("dpopJtis") AS "replayed", "issuedAt",
        "sealedFacts", (SELECT a."suspendedAt" FROM "Agency" a WHERE a."id" = "agencyId") AS "suspendedAt",
        (SELECT to_jsonb(r) FROM "Resident" r WHERE r."id" = "subjectId") AS "resident"
      FROM "Offer" WHERE "tokenHash" = ${tokenHash} AND "agencyId" = ${agencyId} AND "tokenExpiresAt" > ${now}`
    return row
  }

  async function checkRequest(
    agencyId: string,
    body: unknown,
    { typeId }: Grant,
  ): Promise<Record<string, unknown>> {
    const malformed = (reason: string) => new OAuthError('invalid_credential_request', reason)
    if (!isJsonObject(body)) throw malformed('The body must be a JSON object.')
    const { credential_configuration_id: configuration, credential_identifier: identifier } = body
    if ((configuration === undefined) === (identifier === undefined))
      throw malformed('Name either credential_configuration_id or credential_identifier.')
    if (configuration !== undefined && configuration !== typeId) {
      const { types } = await desk.find(agencyId)
      if (typeof configuration !== 'string' || !types.includes(configuration))
        throw new OAuthError(
          'unknown_credential_configuration',
          'This issuer has no such credential configuration.',
        )
      throw new OAuthError('credential_request_denied', 'The access token is for another credential.')
    }
    if (identifier !== undefined && identifier !== typeId)
      throw new OAuthError('unknown_credential_identifier', 'The access token is for no such credential.')
    if ('proof' in body) throw malformed('The parameter proof has left the protocol: send proofs.')
    if (body['credential_response_encryption'] !== undefined)
      throw new OAuthError(
        'invalid_encryption_parameters',
        'Encrypted responses are not offered by this issuer.',
      )
    return body
  }

  type Issue = {
    agencyId: string
    issuer: string
    grant: Grant
    keys: ProvenKey[]
    requestHash: string
    tokenHash: string
    proof: DpopProof
    now: Date
  }

  /** `second`: another request was first. `stale`: the token or the proof stopped counting meanwhile. */
  async function issue({
    agencyId,
    issuer,
    grant,
    keys,
    requestHash,
    tokenHash,
    proof,
    now,
  }: Issue): Promise<CredentialResponse | 'second' | 'stale'> {
    const { claims, disclosureFrame, days } = await claimsOf(agencyId, grant, now)
    const key = await signingKeyOf(agencyId, now)
    const { listId, uri, indices } = await status.allocate(agencyId, keys.length)
    // Copies of one batch share their times; rounded to the day they share them with everybody else's of that
    // day, so that two presentations cannot be told to come from one batch. On the key's first day its own
    // beginning takes the place of midnight: nothing is signed for a time when the key did not count yet.
    const iat = Math.max(startOfDayInSeoul(now), Math.ceil(key.validFrom.getTime() / 1000))
    // The last second of the last day: "until the 21st" is then true as people read it.
    const exp = startOfDayInSeoul(now) + (days + 1) * DAY_SECONDS - 1
    const batch = {
      claims,
      disclosureFrame,
      vct: vctOf(grant.typeId),
      issuer,
      kid: key.didUrl,
      x5c: key.x5c,
      iat,
      exp,
      seed: Buffer.from(random(32)).toString('base64'),
      statusUri: uri,
      indices,
      keys: keys.map(({ jwk }) => jwk),
    }
    const { response, hashes, signatures } = await makeCopies(batch, agent.signer(key.keyRef))
    const kept: SignedBatch = { ...batch, signatures }
    const sealed = agent.seal(`credential:${grant.id}`, Buffer.from(JSON.stringify(kept)))
    const outcome = await db.transaction(async (sql) => {
      // The offer's row is locked first: simultaneous requests come here one after the other, and the last to
      // come sees that the token was replaced, the proof used, or the credential issued.
      const [row] = await sql<{ offers: number; copies: number }>`
        WITH offer AS (
          UPDATE "Offer" SET "dpopJtis" = array_append("dpopJtis", ${proof.jti}::text),
            "issuedAt" = COALESCE("issuedAt", ${now}::timestamptz), "sealedCode" = NULL, "sealedFacts" = NULL
          WHERE "id" = ${grant.id}::uuid AND "tokenHash" = ${tokenHash} AND NOT (${proof.jti}::text = ANY("dpopJtis"))
          RETURNING "id", "agencyId", "typeId", "subjectId"
        ), credential AS (
          INSERT INTO "Credential" ("id", "agencyId", "typeId", "subjectId", "keyId", "issuedAt", "expiresAt",
            "requestHash", "sealedResponse")
          SELECT "id", "agencyId", "typeId", "subjectId", ${key.id}::uuid, ${now}::timestamptz,
            ${new Date(exp * 1000)}::timestamptz, ${requestHash}, ${sealed}::bytea FROM offer
          ON CONFLICT ("id") DO NOTHING RETURNING "id"
        ), copy AS (
          INSERT INTO "CredentialCopy" ("hash", "credentialId", "statusListId", "statusIndex")
          SELECT c."hash", credential."id", ${listId}, c."index"
          FROM credential, unnest(${hashes}::text[], ${indices}::int[]) AS c("hash", "index")
          RETURNING 1
        )
        SELECT (SELECT count(*)::int FROM offer) AS "offers", (SELECT count(*)::int FROM copy) AS "copies"`
      if (row?.offers !== 1) return 'stale'
      if (row.copies === 0) return 'second'
      await enqueueAnchors(sql, hashes)
      return 'first'
    })
    return outcome === 'first' ? response : outcome
  }

  async function signingKeyOf(agencyId: string, now: Date): Promise<AgencyKey> {
    const key = await agent.agencies.activeKey(agencyId).catch((error: unknown) => {
      if (Object(error).code !== 'unknown_agency') throw error
      return undefined
    })
    if (key && !(key.validUntil && key.validUntil <= now)) return key
    throw new OAuthError('credential_request_denied', 'This office has no valid signing key at the moment.', {
      extra: { code: 'issuer_suspended' },
    })
  }

  async function claimsOf(agencyId: string, { id, typeId, resident, sealedFacts }: Grant, now: Date) {
    const { types } = await desk.find(agencyId)
    const type = city.types.get(typeId)
    if (!type || !types.includes(typeId) || !resident)
      throw new OAuthError('credential_request_denied', 'This credential is not issued any more.')
    const record = { ...recordOf(resident), ...(sealedFacts ? { facts: facts.open(id, sealedFacts) } : {}) }
    try {
      return { ...claimsFor(type, record, dateOf(now)), days: type.validity.days }
    } catch (error) {
      if (!(error instanceof CredentialError) || error.code !== 'not_entitled') throw error
      throw new OAuthError(
        'credential_request_denied',
        'The register no longer shows what this credential requires.',
        {
          extra: { code: 'not_entitled' },
        },
      )
    }
  }

  /** Answers false when it was spent before, or the offer has seen more proofs than any honest wallet makes. */
  async function spendProof(offerId: string, { jti }: DpopProof): Promise<boolean> {
    const spent = await db.sql`
      UPDATE "Offer" SET "dpopJtis" = array_append("dpopJtis", ${jti}::text)
      WHERE "id" = ${offerId}::uuid AND NOT (${jti}::text = ANY("dpopJtis")) AND cardinality("dpopJtis") < 200
      RETURNING "id"`
    return spent.length > 0
  }

  /** The answer was lost, or two requests came at once: the same keys get the same copies, others nothing. */
  async function sameCopies(id: string, requestHash: string): Promise<CredentialResponse> {
    const [row] = await db.sql<{ requestHash: string; sealedResponse: Uint8Array | null }>`
      SELECT "requestHash", "sealedResponse" FROM "Credential" WHERE "id" = ${id}::uuid`
    if (row?.requestHash !== requestHash || !row.sealedResponse)
      throw new OAuthError('credential_request_denied', 'This credential was issued already, for other keys.')
    const opened = agent.open(`credential:${id}`, row.sealedResponse)
    const batch = JSON.parse(Buffer.from(opened).toString()) as SignedBatch
    return (await repeatCopies(batch)).response
  }
}

function tokenIn(authorization: string | undefined, { nonces }: Pick<DpopExpectation, 'nonces'>): string {
  const [, token] = /^DPoP ([\w-]{20,200})$/i.exec(authorization ?? '') ?? []
  if (token) return token
  throw dpopRefusal('invalid_token', 'Send the access token as Authorization: DPoP.', {
    accessToken: '',
    nonces,
  })
}

function hashOfKeys(keys: ProvenKey[]): string {
  const sorted = keys.map(({ thumbprint }) => thumbprint).sort()
  return createHash('sha256').update(sorted.join('.')).digest('hex')
}
