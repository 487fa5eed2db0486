import { existsSync } from 'node:fs'
import { join } from 'node:path'
import express, { type Express, type RequestHandler } from 'express'

/**
 * Serves a built web app under a path. Vite puts a hash into the names under assets/, so those are kept for a
 * year; the page and the service worker are asked for again each time, or an update would never arrive.
 * Every address of the app that is no file is the page itself: the app routes by itself.
 */
export function serveWebApp(app: Express, path: string, folder: string): void {
  const files = express.static(folder, {
    index: false,
    redirect: false,
    setHeaders: (response, file) => {
      const hashed = file.startsWith(join(folder, 'assets'))
      response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  const page: RequestHandler = (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next()
    // A missing script must be a 404, not the page under a script's name.
    if (/\/assets\/|\.\w+$/.test(request.path)) return next()
    const file = join(folder, 'index.html')
    if (!existsSync(file)) {
      response.status(503).type('text/plain').send('This app is not built yet: run npm start.')
      return
    }
    response.setHeader('Cache-Control', 'no-cache')
    response.sendFile(file)
  }
  app.get(path, (request, response, next) => {
    if (request.path === path) response.redirect(308, `${path}/`)
    else next()
  })
  app.use(path, files, page)
}
