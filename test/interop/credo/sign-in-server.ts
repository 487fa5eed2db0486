import { type Peer, startPeer } from '../../conformance/peer.ts'

/** A sign-in of somebody else's, which Credo's issuer sends people to; whoever comes is signed in at once. */
export type SignInServer = {
  /** For `createIssuer`. */
  config: {
    type: 'chained'
    issuer: string
    clientAuthentication: { type: 'clientSecret'; clientId: string; clientSecret: string }
    scopesMapping: Record<string, string[]>
  }
  stop: Peer['stop']
}

export async function startSignInServer(): Promise<SignInServer> {
  const { url, serve, stop } = await startPeer()
  const issuer = `${url}/sign-in`
  const json = (body: object) => ({ body: JSON.stringify(body) })
  serve('/.well-known/oauth-authorization-server/sign-in', () =>
    json({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ['code'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      code_challenge_methods_supported: ['S256'],
    }),
  )
  serve('/sign-in/authorize', ({ query }) => {
    const asked = new URLSearchParams(query)
    const back = new URL(asked.get('redirect_uri') ?? '')
    back.searchParams.set('code', 'signed-in')
    back.searchParams.set('state', asked.get('state') ?? '')
    return { status: 302, headers: { location: back.toString() }, body: '' }
  })
  serve('/sign-in/token', () =>
    json({ access_token: 'of-the-sign-in', token_type: 'Bearer', expires_in: 60 }),
  )
  return {
    config: {
      type: 'chained',
      issuer,
      clientAuthentication: { type: 'clientSecret', clientId: 'credo', clientSecret: 'between-them' },
      scopesMapping: { student: [] },
    },
    stop,
  }
}
