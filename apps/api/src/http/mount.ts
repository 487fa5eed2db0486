import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Access } from '../access/access.ts'
import { isBytes, readBody } from './body.ts'
import { writeError } from './error-writer.ts'
import { Problem } from './problem.ts'
import { limitRate } from './rate-limit.ts'
import type { Reply, Route, RouteInput } from './route.ts'

const DEFAULT_RATE = 300

export type MountOptions = {
  access: Access
  log: Logger
  /** Multiplies each route's rate limit; 0 lifts them all. */
  rateLimitFactor: number
}

/**
 * Gives Express the routes. Each request passes, in this order: rate limit, proof of who is asking, body, schema.
 * A stranger's body is never read where a role is asked for.
 * @throws Error at start for a route that says nothing about access, and for one described twice.
 */
export function mountRoutes(app: Express, routes: readonly Route[], options: MountOptions): void {
  const seen = new Set<string>()
  for (const route of routes) {
    const name = `${route.method.toUpperCase()} ${route.path}`
    if (typeof route.access !== 'string' && !(Array.isArray(route.access) && route.access.length > 0))
      throw new Error(`${name} does not say who may use it.`)
    if (seen.has(name.replaceAll(/\{\w+\}/g, '{}'))) throw new Error(`${name} is described twice.`)
    seen.add(name.replaceAll(/\{\w+\}/g, '{}'))
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    app[route.method](path, ...handlersOf(route, options))
  }
}

function handlersOf(route: Route, options: MountOptions): (RequestHandler | ErrorHandler)[] {
  const form = route.errors ?? 'problem'
  const enter: RequestHandler = (request, _response, next) => {
    request.template = route.path
    next()
  }
  const prove: RequestHandler = async (request, response) => {
    const { access } = options
    if (route.access === 'public') access.checkPublic(route, request)
    else if (route.access === 'wallet') response.locals['wallet'] = await access.wallets.account(request)
    else if (route.access === 'wallet-key') response.locals['wallet'] = access.wallets.prove(request)
    else response.locals['principal'] = await access.require(route.access, request)
  }
  const answer: RequestHandler = async (request, response) => {
    const reply = await route.handle(inputOf(route, request, response))
    // Express hands out the request object for what `Reply` cannot say; such a handler has answered by itself.
    if (!response.headersSent) writeReply(reply, response)
  }
  const refuse: ErrorHandler = (error, request, response, _next) =>
    writeError(error, form, request, response, options.log)
  return [
    enter,
    ...limitRate(route.rateLimit ?? DEFAULT_RATE, options.rateLimitFactor),
    nextAfter(prove),
    ...readBody(route),
    nextNever(answer),
    refuse,
  ]
}

type ErrorHandler = (error: unknown, request: Request, response: Response, next: NextFunction) => void

const nextAfter =
  (handler: RequestHandler): RequestHandler =>
  async (request, response, next) => {
    await handler(request, response, next)
    next()
  }

const nextNever =
  (handler: RequestHandler): RequestHandler =>
  async (request, response, next) => {
    await handler(request, response, next)
  }

function inputOf(
  route: Route,
  request: Request,
  response: Response,
): RouteInput<never, never, never, 'public'> {
  const raw = isBytes(route)
  const bytes: unknown = request.body
  return {
    params: parse(route.params, request.params, 'path'),
    query: parse(route.query, request.query, 'query'),
    body: raw
      ? bytes instanceof Uint8Array
        ? bytes
        : new Uint8Array()
      : parse(route.body, request.body, 'body'),
    principal: response.locals['principal'] ?? null,
    wallet: response.locals['wallet'] ?? null,
    request,
    response,
  } as unknown as RouteInput<never, never, never, 'public'>
}

function parse(schema: z.ZodType | undefined, value: unknown, part: 'path' | 'query' | 'body'): unknown {
  if (!schema) return undefined
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors = result.error.issues.slice(0, 20).map((issue) => ({
    in: part,
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }))
  const [first] = errors
  const where = first?.path ? ` (${first.path}: ${first.message})` : ''
  throw new Problem('bad_request', `The ${part} does not fit${where}.`, { errors })
}

/** Writes a reply: objects as JSON, text and bytes as they are, nothing cached unless the reply says so. */
export function writeReply(reply: Reply, response: Response): void {
  response.status(reply.status ?? 200)
  response.setHeader('Cache-Control', 'no-store')
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
  const { body } = reply
  if (body === undefined) {
    response.end()
    return
  }
  const isText = typeof body === 'string'
  const payload = isText || body instanceof Uint8Array ? body : JSON.stringify(body)
  if (!response.hasHeader('Content-Type'))
    response.setHeader(
      'Content-Type',
      isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    )
  response.end(payload)
}
