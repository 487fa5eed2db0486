import type { HolderPorts } from './holder.ts'
import type { Issuer } from './issuer.ts'
import { askIssuer } from './oauth/resource.ts'
import type { Reach } from './reach.ts'
import type { TokenSet } from './types.ts'

/** Tells the issuer how it went (OpenID4VCI 1.0 section 11). Nothing depends on it, so this never throws. */
export async function notifyIssuer(
  issuer: Issuer,
  tokens: TokenSet,
  {
    notificationId,
    event,
  }: {
    notificationId: string | undefined
    event: 'credential_accepted' | 'credential_failure' | 'credential_deleted'
  },
  ports: HolderPorts,
  reach: Reach,
): Promise<boolean> {
  const url = issuer.metadata.credentialIssuer.notification_endpoint
  if (url === undefined || notificationId === undefined) return true
  try {
    await askIssuer({ issuer, tokens, url }, { notification_id: notificationId, event }, {}, ports, reach)
    return true
  } catch {
    return false
  }
}
