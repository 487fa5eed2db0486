import { randomUUID } from 'node:crypto'
import type { RequestHandler } from 'express'

declare global {
  namespace Express {
    interface Request {
      /** Names this request in the answer and in the log. */
      id: string
      /** The matched route's path as it was written, `/api/offers/{id}`: what logs and metrics may hold. */
      template?: string
    }
  }
}

const ACCEPTABLE = /^[\w-]{8,64}$/

/** Takes over a proxy's request id when it is a plain one, else makes one. */
export function requestId(): RequestHandler {
  return (request, response, next) => {
    const given = request.get('x-request-id')
    request.id = given && ACCEPTABLE.test(given) ? given : randomUUID()
    response.setHeader('X-Request-Id', request.id)
    next()
  }
}
