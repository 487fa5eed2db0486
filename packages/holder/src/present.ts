import { presentSdJwt } from '@pass/credentials'
import { CompactEncrypt, importJWK } from 'jose'
import { z } from 'zod'
import { note } from './activity.ts'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { type MatchedCandidate, matchRequest } from './match.ts'
import { addressOf, type Reach } from './reach.ts'
import type {
  ActivityEntry,
  Choice,
  PresentOptions,
  PresentOutcome,
  RequestPreview,
  StoredCopy,
  StoredCredential,
  VerifiedRequest,
} from './types.ts'
import { updateCredential } from './update-credential.ts'

type Picked = { queryId: string; candidate: MatchedCandidate; credential: StoredCredential; copy: StoredCopy }

/** Presents what was chosen: see `Holder.present`. */
export async function present(
  preview: RequestPreview,
  choice: Choice,
  options: PresentOptions,
  ports: HolderPorts,
  reach: Reach,
): Promise<PresentOutcome> {
  const { request } = preview
  let picked: Picked[] = []
  let sent = false
  try {
    if (preview.expiresAt !== undefined && preview.expiresAt < ports.clock().getTime()) {
      throw new HolderError('request_expired', 'the request ran out before it was answered')
    }
    const proof = await proofFor(request, options)
    picked = pick(request, choice, await ports.store.list('credential'), ports)
    const response = await encrypt(request, { vp_token: await vpToken(request, picked, ports) })
    // Counted before it is sent: if the answer is lost, the verifier may have seen the copy all the same.
    for (const { credential, copy } of picked) {
      await updateCredential(ports.store, credential.id, ({ copies }) => {
        for (const stored of copies) if (stored.keyId === copy.keyId) stored.used++
      })
    }
    sent = true
    const outcome = await outcomeOf(await post(request, { response }, reach, proof), ports)
    await note(ports, {
      ...aboutThis(preview, picked),
      kind: outcome.outcome === 'accepted' ? 'presented' : 'refused',
      ...(outcome.code === undefined ? {} : { code: outcome.code }),
      shared: true,
    })
    return outcome
  } catch (error) {
    const { code, message, cause, retryAfter } = asHolderError(error, 'choice_invalid')
    await note(ports, { ...aboutThis(preview, picked), kind: 'failed', code, shared: sent })
    throw new HolderError(code, message, {
      shared: sent,
      cause,
      ...(retryAfter === undefined ? {} : { retryAfter }),
    })
  }
}

/** Says no: see `Holder.decline`. The verifier learns that it was declined, and nothing else (section 8.5). */
export async function decline(preview: RequestPreview, ports: HolderPorts, reach: Reach): Promise<void> {
  const { state } = preview.request
  try {
    await post(preview.request, { error: 'access_denied', ...(state === undefined ? {} : { state }) }, reach)
  } catch {
    // The verifier will see the request run out instead.
  }
  await note(ports, { ...aboutThis(preview, []), kind: 'declined', shared: false })
}

/** Finds the chosen credentials again in what is stored now, and a copy of each. */
function pick(
  request: VerifiedRequest,
  choice: Choice,
  credentials: StoredCredential[],
  ports: HolderPorts,
): Picked[] {
  const { queries, groups, satisfiable } = matchRequest(
    request.dcqlQuery,
    credentials,
    ports.clock().getTime(),
  )
  if (!satisfiable) throw new HolderError('nothing_matches', 'no stored credential answers the request')
  const answered = (option: string[]) => option.every((id) => choice[id] !== undefined)
  if (groups.some(({ required, options }) => required && !options.some(answered))) {
    throw new HolderError('choice_invalid', 'the choice leaves a requirement open')
  }
  const uses = new Map<string, number>()
  const picked = Object.entries(choice).map(([queryId, credentialId]): Picked => {
    const query = queries.find(({ id }) => id === queryId)
    const candidate = query?.candidates.find((candidate) => candidate.credentialId === credentialId)
    const credential = credentials.find(({ id }) => id === credentialId)
    if (!candidate || !credential)
      throw new HolderError('choice_invalid', `${queryId} cannot be answered with that`)
    const copy = freshestCopy(credential.copies, uses)
    return { queryId, candidate, credential, copy }
  })
  if (picked.length === 0) throw new HolderError('choice_invalid', 'nothing was chosen')
  return picked
}

/** A copy never shown before, if there is one; of several, one with its receipt. */
function freshestCopy(copies: StoredCopy[], uses: Map<string, number>): StoredCopy {
  const usesOf = (copy: StoredCopy) => copy.used + (uses.get(copy.keyId) ?? 0)
  const [copy] = copies.toSorted(
    (a, b) => usesOf(a) - usesOf(b) || Number(b.receipt !== undefined) - Number(a.receipt !== undefined),
  )
  if (!copy) throw new HolderError('not_found', 'the credential has no copies')
  uses.set(copy.keyId, (uses.get(copy.keyId) ?? 0) + 1)
  return copy
}

/** Presentations keyed by query id, each in an array (section 8.1). */
async function vpToken(
  request: VerifiedRequest,
  picked: Picked[],
  ports: HolderPorts,
): Promise<Record<string, string[]>> {
  const presentations = await Promise.all(
    picked.map(async ({ queryId, candidate, copy }): Promise<[string, string[]]> => {
      const presentation = await presentSdJwt(copy.credential, candidate.paths, {
        nonce: request.nonce,
        aud: request.clientId,
        iat: Math.floor(ports.clock().getTime() / 1000),
        sign: (data) => ports.keys.sign(copy.keyId, data),
        ...(copy.receipt ? { extra: { anchor: copy.receipt } } : {}),
      })
      return [queryId, [presentation]]
    }),
  )
  return Object.fromEntries(presentations)
}

/** JWE for the verifier's key (section 8.3). */
async function encrypt(request: VerifiedRequest, response: Record<string, unknown>): Promise<string> {
  const { jwk, alg, enc } = request.encryption
  const payload = { ...response, ...(request.state === undefined ? {} : { state: request.state }) }
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg, enc, ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
    .encrypt(await importJWK(jwk, alg))
}

/** The proof that the request asks for, as a header; for any other request there is none to be had. */
async function proofFor(
  { proofOf, responseUri }: VerifiedRequest,
  { proof }: PresentOptions,
): Promise<Record<string, string>> {
  if (proofOf === undefined) return {}
  if (!proof) throw new HolderError('asked_elsewhere', 'only the wallet that asked may answer this')
  return { dpop: await proof('POST', responseUri) }
}

function post(
  request: VerifiedRequest,
  parameters: Record<string, string>,
  reach: Reach,
  headers: Record<string, string> = {},
): Promise<Response> {
  return reach(request.responseUri, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams(parameters).toString(),
  })
}

const answerSchema = z.looseObject({
  redirect_uri: z.string().optional().catch(undefined),
  code: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
})

async function outcomeOf(response: Response, ports: HolderPorts): Promise<PresentOutcome> {
  const parsed = answerSchema.safeParse(await response.json().catch(() => ({})))
  const { redirect_uri: redirectUri, code, error } = parsed.success ? parsed.data : {}
  if (!response.ok) return { outcome: 'refused', code: code ?? error ?? `http_${response.status}` }
  return {
    outcome: 'accepted',
    ...(redirectUri !== undefined && mayBeVisited(redirectUri, ports) ? { redirectUri } : {}),
  }
}

/** A verifier must not make the wallet open a `javascript:` or a file. */
function mayBeVisited(uri: string, ports: HolderPorts): boolean {
  try {
    return addressOf(uri, ports.allowInsecure ?? false) !== undefined
  } catch {
    return false
  }
}

function aboutThis(
  { verifier, purpose }: RequestPreview,
  picked: Picked[],
): Pick<ActivityEntry, 'party' | 'purpose' | 'credentials'> {
  return {
    // The city's certificates have the Korean name as common name and the English one as organization.
    party: { name: { ko: verifier.name, en: verifier.organization ?? verifier.name }, id: verifier.x509Hash },
    ...(purpose ? { purpose } : {}),
    credentials: picked.map(({ candidate }) => ({
      name: candidate.display.name,
      claims: candidate.claims.map(({ path, label }) => ({ path, label })),
    })),
  }
}
