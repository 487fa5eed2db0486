import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigError } from '../config.ts'

export type Place = {
  host: string
  /** 0: any free one. */
  port: number
  /** The setting that the port comes from. */
  setting: string
}

const REFUSED: Record<string, (place: Place) => string> = {
  EADDRINUSE: ({ port, setting }) =>
    `Port ${port} is taken: stop what listens there, or choose another one with ${setting}, as in: ${setting}=8090 npm start`,
  EACCES: ({ port, setting }) =>
    `Port ${port} is not allowed for this user: choose one above 1024 with ${setting}.`,
  EADDRNOTAVAIL: ({ host }) => `HOST ${host} is no address of this machine: use 127.0.0.1 or 0.0.0.0.`,
  ENOTFOUND: ({ host }) => `HOST ${host} is no address of this machine: use 127.0.0.1 or 0.0.0.0.`,
}

/**
 * Listens, and closes without cutting off requests under way.
 * @throws ConfigError when the port or the host cannot be had
 */
export async function listen(
  app: RequestListener,
  place: Place,
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = await opened(createServer(app), place)
  return {
    port: (server.address() as AddressInfo).port,
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
export async function checkPort(place: Place): Promise<void> {
  const probe = await opened(createServer(), place)
  await new Promise((closed) => probe.close(closed))
}

function opened(server: Server, place: Place): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const sentence = REFUSED[error.code ?? '']
      reject(sentence ? new ConfigError(sentence(place)) : error)
    })
    server.listen(place.port, place.host, () => resolve(server))
  })
}
