import { createServer, type Server } from 'node:http'
import type { Express } from 'express'
import { type Config, ConfigError } from '../config.ts'

const REFUSED: Record<string, (config: Config) => string> = {
  EADDRINUSE: ({ port }) =>
    `Port ${port} is taken: stop what listens there, or choose another one with PORT, as in: PORT=8090 npm start`,
  EACCES: ({ port }) => `Port ${port} is not allowed for this user: choose one above 1024 with PORT.`,
  EADDRNOTAVAIL: ({ host }) => `HOST ${host} is no address of this machine: use 127.0.0.1 or 0.0.0.0.`,
  ENOTFOUND: ({ host }) => `HOST ${host} is no address of this machine: use 127.0.0.1 or 0.0.0.0.`,
}

/**
 * Listens, and closes without cutting off requests under way.
 * @throws ConfigError when the port or the host cannot be had
 */
export async function listen(app: Express, config: Config): Promise<{ close: () => Promise<void> }> {
  const server = await opened(createServer(app), config)
  return {
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeIdleConnections()
        // Browsers hold their connections open; what has not ended by then is cut.
        setTimeout(() => server.closeAllConnections(), 2000).unref()
      }),
  }
}

/**
 * Finds out before anything slow whether the port can be had.
 * @throws ConfigError as `listen` does
 */
export async function checkPort(config: Config): Promise<void> {
  const probe = await opened(createServer(), config)
  await new Promise((closed) => probe.close(closed))
}

function opened(server: Server, config: Config): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const sentence = REFUSED[error.code ?? '']
      reject(sentence ? new ConfigError(sentence(config)) : error)
    })
    server.listen(config.port, config.host, () => resolve(server))
  })
}
