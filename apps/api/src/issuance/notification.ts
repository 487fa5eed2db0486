import { parseStrictObject } from '@pass/credentials'
import type { Context } from '../context.ts'
import { OAuthError } from '../http/problem.ts'
import type { Reply } from '../http/route.ts'
import type { AgencyDesk } from './agency-desk.ts'
import type { CredentialRequest } from './credential.ts'
import type { ResourceAccess } from './resource-access.ts'

/** What became of a batch in the wallet (OpenID4VCI 1.0 section 11.1). */
export const WALLET_EVENTS = ['credential_accepted', 'credential_failure', 'credential_deleted'] as const

type Notification = { id: string; event: (typeof WALLET_EVENTS)[number] }

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** The characters that section 11.1 allows in a description. */
const PLAIN = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/

/**
 * The notification endpoint (OpenID4VCI 1.0 section 11). The last event counts; the description is for developers and
 * is not kept.
 * @throws OAuthError `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`, `invalid_notification_request`,
 *   `invalid_notification_id`
 */
export function createNotificationEndpoint(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { desk, access }: { desk: AgencyDesk; access: ResourceAccess },
): (agencyId: string, request: CredentialRequest) => Promise<Reply> {
  return async (agencyId, request) => {
    const grant = await access.prove(`${desk.issuerOf(agencyId)}/notification`, request)
    const { id, event } = notificationIn(request)
    // The same event again changes nothing, and is a success as the first time.
    const noted = await db.sql`
      UPDATE "CredentialBatch" b SET "event" = ${event},
        "eventAt" = CASE WHEN b."event" = ${event} THEN b."eventAt" ELSE ${clock()}::timestamptz END
      FROM "Credential" c
      WHERE b."id" = ${id}::uuid AND c."id" = b."credentialId" AND c."agencyId" = ${agencyId}
        AND c."id" = ANY(${grant.offers}::uuid[])
      RETURNING b."id"`
    if (noted.length === 0) throw unknown()
    return { status: 204 }
  }
}

const unknown = () => new OAuthError('invalid_notification_id', 'There is no such notification id.')

function notificationIn({ contentType, bytes }: CredentialRequest): Notification {
  const malformed = (reason: string) => new OAuthError('invalid_notification_request', reason)
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? ''))
    throw malformed('Send the notification as application/json.')
  let body: Record<string, unknown>
  try {
    body = parseStrictObject(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw malformed('The notification must be one well-formed JSON object.')
  }
  const { notification_id: id, event: named, event_description: description } = body
  const event = WALLET_EVENTS.find((each) => each === named)
  if (typeof id !== 'string') throw malformed('The parameter notification_id is missing or no string.')
  if (!event) throw malformed(`The event must be one of ${WALLET_EVENTS.join(', ')}.`)
  if (description !== undefined && (typeof description !== 'string' || !PLAIN.test(description)))
    throw malformed('The event_description must be plain ASCII text.')
  if (!UUID.test(id)) throw unknown()
  return { id, event }
}
