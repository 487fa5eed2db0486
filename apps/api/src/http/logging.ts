import type { ServerResponse } from 'node:http'
import type { Request, RequestHandler } from 'express'
import { type Logger, pino } from 'pino'
import { pinoHttp } from 'pino-http'

/**
 * One line per request: id, method, route template, status, time. No address, query, header or body: those hold
 * offers, tokens, names and numbers of people.
 */
export function requestLog(log: Logger): RequestHandler {
  return pinoHttp({
    logger: log,
    genReqId: (request) => (request as Request).id,
    serializers: { req: () => undefined, res: () => undefined, err: () => undefined },
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
    customSuccessObject: (request, response, { responseTime }) =>
      line(request as Request, response, responseTime),
    customErrorObject: (request, response, _error, { responseTime }) =>
      line(request as Request, response, responseTime),
    customLogLevel: (request, response) => {
      if (response.statusCode >= 500) return 'error'
      return (request as Request).template === undefined && response.statusCode < 400 ? 'debug' : 'info'
    },
  })
}

function line(request: Request, response: ServerResponse, ms: number) {
  const { id: requestId, method, template: route = 'unmatched' } = request
  return { requestId, method, route, status: response.statusCode, ms }
}

/** The process's logger: JSON lines, with a net under the fields that must never be in one. */
export function createLogger({ logLevel }: { logLevel: string }): Logger {
  return pino({
    level: logLevel,
    base: null,
    redact: {
      paths: ['authorization', 'cookie', 'headers', 'body', '*.authorization', '*.cookie'],
      remove: true,
    },
  })
}
