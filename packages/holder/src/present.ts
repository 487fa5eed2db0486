import { presentSdJwt } from '@pass/credentials'
import { note } from './activity.ts'
import { post, proofFor } from './answer.ts'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { inTurn } from './in-turn.ts'
import { encryptTo } from './message-encryption.ts'
import { type Picked, pick } from './pick.ts'
import type { Reach } from './reach.ts'
import { shareOut } from './transactions.ts'
import type { ActivityEntry, Choice, PresentOptions, PresentOutcome, RequestPreview } from './types.ts'

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
    const made = await inTurn(ports.store, () => makeResponse(preview, choice, ports))
    picked = made.picked
    sent = true
    const { responseUri } = request
    const outcome: PresentOutcome =
      responseUri === undefined
        ? { outcome: 'accepted', response: { response: made.response } }
        : await post(responseUri, { response: made.response }, ports, reach, proof)
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

/**
 * Says no: see `Holder.decline`. The verifier learns that it was declined, and nothing else (section 8.5). A web page
 * that asked learns it from the host, which gives it no response.
 */
export async function decline(
  preview: RequestPreview,
  ports: HolderPorts,
  reach: Reach,
): Promise<Pick<PresentOutcome, 'redirectUri'>> {
  const { state, responseUri } = preview.request
  let redirectUri: string | undefined
  try {
    const parameters = { error: 'access_denied', ...(state === undefined ? {} : { state }) }
    if (responseUri !== undefined) ({ redirectUri } = await post(responseUri, parameters, ports, reach))
  } catch {
    // The verifier will see the request run out instead.
  }
  await note(ports, { ...aboutThis(preview, []), kind: 'declined', shared: false })
  return redirectUri === undefined ? {} : { redirectUri }
}

/**
 * Makes the encrypted response (section 8.3), and counts the copies in it as shown: if the answer is lost, the
 * verifier may have seen them all the same. To be run in turn, so that no copy is in two responses.
 */
async function makeResponse(
  { request, transactions }: RequestPreview,
  choice: Choice,
  ports: HolderPorts,
): Promise<{ picked: Picked[]; response: string }> {
  const now = ports.clock().getTime()
  const picked = pick(request, choice, await ports.store.list('credential'), now)
  const approved = shareOut(transactions, choice)
  const presentations = await Promise.all(
    picked.map(async ({ queryId, candidate, copy }): Promise<[string, string[]]> => {
      const transactionData = approved.get(queryId)
      const presentation = await presentSdJwt(copy.credential, candidate.paths, {
        nonce: request.nonce,
        aud: request.clientId,
        iat: Math.floor(now / 1000),
        sign: (data) => ports.keys.sign(copy.keyId, data),
        ...(copy.receipt ? { extra: { anchor: copy.receipt } } : {}),
        ...(transactionData ? { transactionData } : {}),
      })
      // Keyed by query id, each in an array (section 8.1).
      return [queryId, [presentation]]
    }),
  )
  const response = await encryptTo(request.encryption, {
    vp_token: Object.fromEntries(presentations),
    ...(request.state === undefined ? {} : { state: request.state }),
  })
  for (const { credential, copy } of picked) {
    const held = await ports.store.get('credential', credential.id)
    if (!held) throw new HolderError('not_found', 'the credential was deleted')
    for (const stored of held.copies) if (stored.keyId === copy.keyId) stored.used++
    await ports.store.put('credential', held.id, held)
  }
  return { picked, response }
}

function aboutThis(
  { verifier, purpose }: RequestPreview,
  picked: Picked[],
): Pick<ActivityEntry, 'party' | 'purpose' | 'credentials'> {
  const { name, organization, x509Hash, host } = verifier
  return {
    // The city's certificates have the Korean name as common name and the English one as organization.
    party: { name: { ko: name, en: organization ?? name }, id: x509Hash ?? host },
    ...(purpose ? { purpose } : {}),
    credentials: picked.map(({ candidate }) => ({
      name: candidate.display.name,
      claims: candidate.claims.map(({ path, label }) => ({ path, label })),
    })),
  }
}
