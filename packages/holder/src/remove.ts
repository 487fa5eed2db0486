import { note } from './activity.ts'
import { HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { inTurn } from './in-turn.ts'
import { removeTokenKey } from './pending.ts'
import type { Reach } from './reach.ts'
import type { StoredCredential } from './types.ts'

/** Deletes a credential: see `Holder.remove`. */
export async function remove(id: string, ports: HolderPorts, reach: Reach): Promise<void> {
  const credential = await inTurn(ports.store, async () => {
    const held = await ports.store.get('credential', id)
    if (!held) throw new HolderError('not_found', `no credential ${id}`)
    // The credential first: keys without a credential are waste, a credential without its keys is a broken promise.
    await ports.store.delete('credential', id)
    return held
  })
  const { copies, renewal, issuer, display } = credential
  const keys = [...copies.map(({ keyId }) => keyId), ...(renewal?.nextKeys ?? []).map((key) => key.id)]
  await Promise.all(keys.map((key) => ports.keys.remove(key)))
  await note(ports, {
    kind: 'deleted',
    party: issuer,
    credentials: [{ name: display.name, claims: [] }],
    shared: false,
  })
  if (!renewal) return
  await tellIssuer(credential, ports, reach)
  await removeTokenKey(renewal.dpopKey.id, ports)
}

/** `credential_deleted` (OpenID4VCI 1.0 section 11.1). Deleting does not depend on it. */
async function tellIssuer({ renewal, issuer: { id } }: StoredCredential, ports: HolderPorts, reach: Reach) {
  if (renewal?.notificationId === undefined) return
  const { notificationId } = renewal
  const [{ readIssuer }, { notifyIssuer }, { renewTokens }] = await Promise.all([
    import('./issuer.ts'),
    import('./notification.ts'),
    import('./renew-tokens.ts'),
  ])
  const event = { notificationId, event: 'credential_deleted' } as const
  try {
    const issuer = await readIssuer(id, ports, reach)
    if (await notifyIssuer(issuer, renewal, event, ports, reach)) return
    const { refreshToken } = renewal
    if (refreshToken === undefined) return
    // The access token has run out since.
    const tokens = await renewTokens(issuer, { ...renewal, refreshToken }, ports, reach)
    await notifyIssuer(issuer, tokens, event, ports, reach)
  } catch {
    // Without a network the issuer does not hear of it.
  }
}
