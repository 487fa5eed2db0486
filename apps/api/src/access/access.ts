import type { Request } from 'express'
import { Problem } from '../http/problem.ts'
import type { Route } from '../http/route.ts'
import type { ApiKeys } from './api-keys.ts'
import type { Principal, Role } from './principal.ts'
import { sessionTokenOf } from './session-cookie.ts'
import type { Sessions } from './sessions.ts'
import type { WalletKeys } from './wallet-keys.ts'

/** Proves who is asking, and refuses who may not. */
export type Access = {
  /** @throws Problem `unauthenticated` when nobody is proven, `forbidden` when the role does not fit. */
  require(roles: readonly Role[], request: Request): Promise<Principal>
  /** Keeps foreign pages from writing to public addresses that set the session cookie. */
  checkPublic(route: Pick<Route, 'method' | 'path'>, request: Request): void
  wallets: WalletKeys
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export function createAccess(deps: {
  apiKeys: ApiKeys
  sessions: Sessions
  wallets: WalletKeys
  publicUrl: string
}): Access {
  const ownOrigin = new URL(deps.publicUrl).origin

  const principalOf = async (request: Request): Promise<Principal> => {
    const authorization = request.get('authorization')
    if (authorization !== undefined) {
      const [, key] = /^Bearer ([\w-]{20,200})$/i.exec(authorization) ?? []
      const principal = key === undefined ? null : await deps.apiKeys.principalOf(key)
      if (!principal) throw new Problem('unauthenticated', 'This API key is not known or was withdrawn.')
      return principal
    }
    const token = sessionTokenOf(request)
    const principal = token === undefined ? null : await deps.sessions.principalOf(token)
    if (!principal) throw new Problem('unauthenticated', 'Sign in, or send an API key.')
    // The browser adds the cookie by itself; the header and the origin show that our own page is asking.
    if (!SAFE_METHODS.has(request.method)) checkOwnPage(request, ownOrigin)
    return principal
  }

  return {
    require: async (roles, request) => {
      const principal = await principalOf(request)
      if (!roles.includes(principal.role))
        throw new Problem(
          'forbidden',
          `This is for the role ${roles.join(' or ')}; yours is ${principal.role}.`,
        )
      return principal
    },
    checkPublic: (route, request) => {
      if (route.path.startsWith('/api/session') && !SAFE_METHODS.has(request.method))
        checkOwnPage(request, ownOrigin)
    },
    wallets: deps.wallets,
  }
}

function checkOwnPage(request: Request, ownOrigin: string): void {
  const origin = request.get('origin')
  if (origin !== undefined && origin !== ownOrigin)
    throw new Problem('forbidden', `This address takes writes only from pages of ${ownOrigin}.`)
  if (request.get('x-requested-with') !== 'pass')
    throw new Problem('forbidden', 'A write with a session cookie needs the header X-Requested-With: pass.')
}

/** For officers: only their own agency. @throws Problem `forbidden` */
export function requireAgency(principal: Principal, agencyId: string): void {
  if (principal.agencyId !== agencyId) throw new Problem('forbidden', 'You act for another agency.')
}
