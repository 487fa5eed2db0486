import { HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { inTurn } from './in-turn.ts'
import type { Issuer } from './issuer.ts'
import { fetchTokens } from './oauth/token.ts'
import type { Reach } from './reach.ts'
import type { TokenSet } from './types.ts'

/**
 * Gets a new access token by the refresh token, and keeps what came, wherever tokens of this key are kept, before
 * anything is done with it.
 *
 * @throws HolderError `issuer_refused` with `serverCode` `invalid_grant` when the refresh token is over
 */
export async function renewTokens(
  issuer: Issuer,
  tokens: TokenSet & { refreshToken: string },
  ports: HolderPorts,
  reach: Reach,
): Promise<TokenSet> {
  const { refreshToken } = tokens
  const { identifiers: _, ...granted } = await fetchTokens(issuer, tokens, { refreshToken }, ports, reach)
  // A server that does not give a new refresh token leaves the old one as it was (RFC 6749 section 6).
  const fresh: TokenSet = { refreshToken, ...granted }
  await keepTokens(fresh, ports)
  return fresh
}

/** Replaces the tokens bound to a key in every credential and issuance that has them. */
export function keepTokens(fresh: TokenSet, { store }: HolderPorts): Promise<void> {
  const { accessToken, refreshToken, dpopBound, clientId } = fresh
  const client = clientId === undefined ? {} : { clientId }
  const kept = { accessToken, dpopBound, ...client, ...(refreshToken === undefined ? {} : { refreshToken }) }
  return inTurn(store, async () => {
    for (const credential of await store.list('credential')) {
      if (credential.renewal?.dpopKey.id !== fresh.dpopKey.id) continue
      Object.assign(credential.renewal, kept)
      await store.put('credential', credential.id, credential)
    }
    for (const pending of await store.list('pending')) {
      if (pending.dpopKey.id === fresh.dpopKey.id)
        await store.put('pending', pending.id, { ...pending, ...kept })
    }
  })
}

/** Does something with an access token, and again with a new one when the old one is over and there is a way. */
export async function withTokens<T>(
  issuer: Issuer,
  tokens: TokenSet,
  act: (tokens: TokenSet) => Promise<T>,
  ports: HolderPorts,
  reach: Reach,
): Promise<T> {
  try {
    return await act(tokens)
  } catch (error) {
    const { refreshToken } = tokens
    const over = error instanceof HolderError && error.serverCode === 'invalid_token'
    if (!over || refreshToken === undefined) throw error
    return act(await renewTokens(issuer, { ...tokens, refreshToken }, ports, reach))
  }
}
