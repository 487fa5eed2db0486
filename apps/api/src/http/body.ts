import express, { type Request, type RequestHandler } from 'express'
import { Problem } from './problem.ts'
import type { Route } from './route.ts'

const DEFAULT_LIMIT = 100_000

const TYPES = {
  json: ['application/json', 'application/*+json'],
  form: ['application/x-www-form-urlencoded'],
} as const

/**
 * Reads a route's body, and no body where the route has none. Compressed bodies are refused: a small one can
 * unfold into a large one.
 */
export function readBody(route: Route): RequestHandler[] {
  const limit = route.bodyLimit ?? DEFAULT_LIMIT
  if (isBytes(route)) return [express.raw({ type: () => true, limit, inflate: false })]
  if (!route.body) return []
  const kind = route.bodyType === 'form' ? 'form' : 'json'
  const types: string[] = [...TYPES[kind]]
  const checkType: RequestHandler = (request, _response, next) => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
    if (hasBody && (!request.is(types) || !isUtf8(request)))
      throw new Problem('unsupported_media_type', `Send the body as ${types[0]}.`)
    next()
  }
  const parse =
    kind === 'json'
      ? express.json({ type: types, limit, inflate: false })
      : express.urlencoded({ type: types, limit, inflate: false, extended: false })
  return [checkType, parse]
}

/** Whether the handler is given the bytes as they came, of whatever type. */
export function isBytes({ bodyType }: Pick<Route, 'bodyType'>): boolean {
  return bodyType === 'raw' || bodyType === 'message'
}

/** The parsers would also decode UTF-7 and others, in which text looks different to whoever filters it. */
function isUtf8(request: Request): boolean {
  const [, charset] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(request.get('content-type') ?? '') ?? []
  return charset === undefined || charset.toLowerCase() === 'utf-8'
}
