import type { Request, Response } from 'express'
import type { z } from 'zod'
import type { Principal, Role, WalletPrincipal } from '../access/principal.ts'
import type { WalletKey } from '../access/wallet-keys.ts'

/** What a handler answers: plain data, written out in one place. A string or bytes go out as they are. */
export type Reply = {
  status?: number
  headers?: Record<string, string>
  /** Objects are sent as JSON; `undefined` sends no body. */
  body?: unknown
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

/**
 * Who may use a route: anyone, a citizen's connected wallet, any wallet key (to connect one), or staff and machines
 * with one of these roles.
 */
export type RouteAccess = 'public' | 'wallet' | 'wallet-key' | readonly Role[]

/** A handler's input: validated, and proven as far as `access` asks. */
export type RouteInput<Params, Query, Body, Access> = {
  params: Parsed<Params>
  query: Parsed<Query>
  body: Parsed<Body>
  /** Staff or a machine, for routes that name roles. */
  principal: Access extends readonly Role[] ? Principal : null
  /** The citizen's wallet, for `wallet`; its bare key, for `wallet-key`. */
  wallet: Access extends 'wallet' ? WalletPrincipal : Access extends 'wallet-key' ? WalletKey : null
  request: Request
  response: Response
}

/**
 * One endpoint. From this one description come the Express route, the validation, the check of the role and the
 * OpenAPI operation.
 */
export type Route<
  Params extends z.ZodType | undefined = z.ZodType | undefined,
  Query extends z.ZodType | undefined = z.ZodType | undefined,
  Body extends z.ZodType | undefined = z.ZodType | undefined,
  Access extends RouteAccess = RouteAccess,
> = {
  method: 'get' | 'post' | 'put' | 'delete'
  /** OpenAPI form: `/api/offers/{id}`. */
  path: string
  tag: string
  summary: string
  access: Access
  params?: Params
  query?: Query
  body?: Body
  /**
   * How the body arrives; JSON unless told. `raw` gives a Uint8Array and skips `body`; so does `message`, a JSON
   * object or the same as an encrypted JWT (OpenID4VCI 1.0 section 10), where `body` is for the description.
   */
  bodyType?: 'json' | 'form' | 'raw' | 'message'
  /** Largest accepted body in bytes; 100 kB unless told. */
  bodyLimit?: number
  /** Requests per minute from one address; 300 unless told. */
  rateLimit?: number
  /** The form that refusals take: RFC 9457, or OAuth's own. */
  errors?: 'problem' | 'oauth'
  /** Status to schema of the body (or a media type for what is no JSON), for the OpenAPI document. */
  responses: Record<number, z.ZodType | { mediaType: string; description: string }>
  /** Left out of the OpenAPI document. */
  hidden?: boolean
  handle(input: RouteInput<Params, Query, Body, Access>): Promise<Reply> | Reply
}

/** Infers a route's types from its schemas. */
export function route<
  const Access extends RouteAccess,
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(definition: Route<Params, Query, Body, Access>): Route {
  return definition as unknown as Route
}
