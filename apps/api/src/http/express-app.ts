import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import type { Access } from '../access/access.ts'
import type { Config } from '../config.ts'
import { cors } from './cors.ts'
import { writeError } from './error-writer.ts'
import { requestLog } from './logging.ts'
import { mountRoutes } from './mount.ts'
import { Problem } from './problem.ts'
import { requestId } from './request-id.ts'
import type { Route } from './route.ts'
import { securityHeaders } from './security.ts'
import { serveWebApp } from './web-app.ts'

export type ExpressAppOptions = {
  config: Pick<Config, 'publicUrl' | 'trustProxy' | 'rateLimitFactor'>
  log: Logger
  access: Access
  routes: readonly Route[]
  /** Path to handler of what brings its own routes. */
  mounted?: Record<string, RequestHandler>
  /** Sees each request first, so that it times all of it. */
  observe: RequestHandler
  /** Path to folder of the built web apps. */
  webApps?: Record<string, string>
}

/** Everything between the socket and the routes, in one place and one order. */
export function createExpressApp(options: ExpressAppOptions): Express {
  const { config, log, access, routes, observe, mounted = {}, webApps = {} } = options
  const app = express()
  app.set('trust proxy', config.trustProxy)
  app.set('etag', false)
  app.set('case sensitive routing', true)
  app.use(requestId(), observe, requestLog(log), ...securityHeaders(config.publicUrl), cors())
  mountRoutes(app, routes, { access, log, rateLimitFactor: config.rateLimitFactor })
  for (const [path, handler] of Object.entries(mounted)) app.use(path, handler)
  app.get('/', (_request, response) => response.redirect(302, '/wallet/'))
  for (const [path, folder] of Object.entries(webApps)) serveWebApp(app, path, folder)

  const missing = () => new Problem('not_found', 'There is nothing at this address.')
  const unmatched: RequestHandler = (request, response) =>
    writeError(missing(), 'problem', request, response, log)
  const failed: ErrorRequestHandler = (error, request, response, _next) =>
    writeError(error, 'problem', request, response, log)
  app.use(unmatched, failed)
  return app
}
