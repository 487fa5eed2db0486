import { z } from 'zod'
import { HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { addressOf, type Reach } from './reach.ts'
import type { PresentOptions, PresentOutcome, VerifiedRequest } from './types.ts'

/** The proof that the request asks for, as a header; for any other request there is none to be had. */
export async function proofFor(
  { proofOf, responseUri }: VerifiedRequest,
  { proof }: PresentOptions,
): Promise<Record<string, string>> {
  if (proofOf === undefined || responseUri === undefined) return {}
  if (!proof) throw new HolderError('asked_elsewhere', 'only the wallet that asked may answer this')
  return { dpop: await proof('POST', responseUri) }
}

/** Sends an answer or an error (OpenID4VP 1.0 section 8.2). */
export async function post(
  responseUri: string,
  parameters: Record<string, string>,
  ports: HolderPorts,
  reach: Reach,
  headers: Record<string, string> = {},
): Promise<PresentOutcome> {
  const response = await reach(responseUri, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams(parameters).toString(),
  })
  return outcomeOf(response, ports)
}

const answerSchema = z.looseObject({
  redirect_uri: z.string().optional().catch(undefined),
  code: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
})

async function outcomeOf(response: Response, ports: HolderPorts): Promise<PresentOutcome> {
  const parsed = answerSchema.safeParse(await response.json().catch(() => ({})))
  const { redirect_uri: uri, code, error } = parsed.success ? parsed.data : {}
  const redirect = uri !== undefined && mayBeVisited(uri, ports) ? { redirectUri: uri } : {}
  if (response.ok) return { outcome: 'accepted', ...redirect }
  return { outcome: 'refused', code: code ?? error ?? `http_${response.status}`, ...redirect }
}

/** A verifier must not make the wallet open a `javascript:` or a file. */
function mayBeVisited(uri: string, ports: HolderPorts): boolean {
  try {
    return addressOf(uri, ports.allowInsecure ?? false) !== undefined
  } catch {
    return false
  }
}
