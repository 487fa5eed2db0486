import type { Server } from 'node:http'
import type { Express } from 'express'
import { type Config, ConfigError } from '../config.ts'

const REFUSED: Record<string, (config: Config) => string> = {
  EADDRINUSE: ({ port }) =>
    `Port ${port} is taken: stop what listens there, or choose another one with PORT, as in: PORT=8090 npm start`,
  EACCES: ({ port }) => `Port ${port} is not allowed for this user: choose one above 1024 with PORT.`,
  EADDRNOTAVAIL: ({ host }) => `HOST ${host} is no address of this machine: use 127.0.0.1 or 0.0.0.0.`,
}

/**
 * Listens, and closes without cutting off requests under way.
 * @throws ConfigError when the port or the host cannot be had
 */
export function listen(app: Express, config: Config): Promise<{ close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server: Server = app.listen(config.port, config.host)
    server.once('listening', () =>
      resolve({
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeIdleConnections()
            // Browsers hold their connections open; what has not ended by then is cut.
            setTimeout(() => server.closeAllConnections(), 2000).unref()
          }),
      }),
    )
    server.once('error', (error: NodeJS.ErrnoException) => {
      const sentence = REFUSED[error.code ?? '']
      reject(sentence ? new ConfigError(sentence(config)) : error)
    })
  })
}
