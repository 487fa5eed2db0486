import {
  assertQueriesAnswered,
  type CertificateVerifier,
  CredentialError,
  type CryptoPort,
  type DcqlQuery,
  type PresentedSdJwtVc,
  type SdJwtVcCheckName,
  satisfyCredentialQuery,
  verifySdJwtVc,
} from '@pass/credentials'
import type { AccreditationVerdict } from './accreditation.ts'
import { CHECKS, type Check, type CheckResult, REFUSALS, type Refusal } from './codes.ts'
import type { StatusVerdict } from './status-source.ts'
import { checkTransactionData } from './transaction-check.ts'

/** What judging a presentation needs from outside it. */
export type EvaluationPorts = {
  certificates: CertificateVerifier
  crypto: CryptoPort
  /** The state of a credential whose signature is proven. */
  status: (status: { idx: number; uri: string }, issuer: string) => Promise<StatusVerdict>
  /** Verifies a receipt from a stranger against the roots known here. */
  receipt: (
    hash: string,
    receipt: unknown,
  ) => Promise<{ ok: true; time: number } | { ok: false; code: Refusal }>
  /** Whether the key was accredited for the type; see `createAccreditation`. */
  accreditation: (
    presented: PresentedSdJwtVc,
    anchoredAt: number | undefined,
  ) => Promise<AccreditationVerdict>
}

export type Expectation = {
  dcql: DcqlQuery
  nonce: string
  /** Our client id with its prefix; over the Digital Credentials API `origin:` and the origin of our page. */
  audience: string
  /** As it stands in the request. */
  transactionData: readonly string[]
  anchorPolicy: 'accept' | 'refuse'
  /** Seconds. */
  now: number
}

export type Evaluation = {
  checks: CheckResult[]
  /** By credential query: the claims that were asked for, and no others. */
  claims: Record<string, Record<string, unknown>>
  /** Hashes of the copies that were shown, as the issuer anchored them. */
  copies: string[]
}

/**
 * Judges an answer: every check of every credential by itself, also after one has failed. Only what would reach out
 * on the word of an unproven credential (status, accreditation) waits for its signature and certificate, and is left
 * out when they fail.
 * @param answers one presentation by credential query id
 * @throws CredentialError `malformed_response` when something in it cannot be read at all
 */
export async function evaluate(
  answers: ReadonlyMap<string, string>,
  expected: Expectation,
  ports: EvaluationPorts,
): Promise<Evaluation> {
  const checks = missingAnswers(answers, expected.dcql)
  const claims: [string, Record<string, unknown>][] = []
  const copies: string[] = []
  const holders = new Map<string, PresentedSdJwtVc['holder'] | undefined>()
  for (const query of expected.dcql.credentials) {
    const presentation = answers.get(query.id)
    if (presentation === undefined) continue
    const results = await examine(presentation, query, expected, ports)
    for (const check of CHECKS) {
      const outcome = results.outcomes.get(check)
      if (outcome) checks.push({ credential: query.id, check, ...outcome })
    }
    claims.push([query.id, results.claims])
    holders.set(query.id, results.holder)
    if (results.copy !== undefined) copies.push(results.copy)
  }
  for (const [credential, confirmed] of checkTransactionData(
    expected.transactionData,
    holders,
    ports.crypto,
  )) {
    const outcome = confirmed ? passed : failed('transaction_data_mismatch')
    checks.push({ credential, check: 'transaction_data', ...outcome })
  }
  // Not by assignment: a query may be called __proto__.
  return { checks, claims: Object.fromEntries(claims), copies }
}

type Outcome = Pick<CheckResult, 'result' | 'code'>
const passed: Outcome = { result: 'passed' }
const failed = (code: Refusal): Outcome => ({ result: 'failed', code })

type Examined = {
  outcomes: Map<Check, Outcome>
  claims: Record<string, unknown>
  copy?: string
  holder?: PresentedSdJwtVc['holder']
}

async function examine(
  presentation: string,
  query: DcqlQuery['credentials'][number],
  { nonce, audience, anchorPolicy, now }: Expectation,
  ports: EvaluationPorts,
): Promise<Examined> {
  const { certificates, crypto } = ports
  const { checks, presented } = await verifySdJwtVc(presentation, {
    nonce,
    aud: audience,
    now,
    certificates,
    crypto,
  })
  const outcomes = new Map<Check, Outcome>()
  for (const { check, result, code } of checks) {
    if (code === 'malformed_response') throw new CredentialError(code, 'A presentation cannot be read.')
    outcomes.set(check, code === undefined ? { result } : { result, code })
  }
  const has = (check: SdJwtVcCheckName) => outcomes.get(check)?.result === 'passed'
  if (!presented) return { outcomes, claims: {} }

  let claims: Record<string, unknown> = {}
  if (has('disclosures'))
    try {
      claims = satisfyCredentialQuery(query, {
        ...presented,
        authorityKeyIds: presented.certificate.authorityKeyIds,
      })
    } catch (error) {
      outcomes.set('disclosures', failed(refusalCode(error)))
    }
  // The receipt stands in the key-binding JWT: without that proven there is no receipt to speak of.
  let anchoredAt: number | undefined
  if (presented.holder) {
    const anchor = await examineAnchor(presented, anchorPolicy, ports)
    anchoredAt = anchor.time
    outcomes.set('anchor', anchor.outcome)
  }
  if (has('signature') && has('certificate')) {
    const accredited = await ports.accreditation(presented, anchoredAt)
    outcomes.set('issuer_accredited', accredited === 'accredited' ? passed : failed(accredited))
    if (accredited === 'accredited') outcomes.set('status', await examineStatus(presented, ports))
  }
  const { hash: copy, holder } = presented
  return { outcomes, claims, copy, ...(holder ? { holder } : {}) }
}

async function examineAnchor(
  { hash, holder }: PresentedSdJwtVc,
  policy: 'accept' | 'refuse',
  { receipt }: EvaluationPorts,
): Promise<{ outcome: Outcome; time?: number }> {
  if (holder?.anchor === undefined)
    return { outcome: policy === 'accept' ? { result: 'absent' } : failed('anchor_missing') }
  const verdict = await receipt(hash, holder.anchor)
  return verdict.ok ? { outcome: passed, time: verdict.time } : { outcome: failed(verdict.code) }
}

async function examineStatus({ status, issuer }: PresentedSdJwtVc, ports: EvaluationPorts): Promise<Outcome> {
  if (!status) return { result: 'absent' }
  const verdict = await ports.status(status, issuer)
  if (verdict === 'valid') return passed
  return failed(verdict === 'unavailable' ? 'status_unavailable' : `credential_${verdict}`)
}

/** Queries that should have been answered and were not. @throws CredentialError for an answer to none of them */
function missingAnswers(answers: ReadonlyMap<string, string>, dcql: DcqlQuery): CheckResult[] {
  try {
    assertQueriesAnswered(dcql, [...answers.keys()])
    return []
  } catch (error) {
    const code = refusalCode(error)
    if (code === 'malformed_response') throw error
    return dcql.credentials
      .filter(({ id }) => !answers.has(id))
      .map(({ id }) => ({ credential: id, check: 'disclosures', ...failed(code) }))
  }
}

function refusalCode(error: unknown): Refusal {
  const code = error instanceof CredentialError ? REFUSALS.find((known) => known === error.code) : undefined
  if (code === undefined) throw error
  return code
}
