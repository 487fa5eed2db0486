import { mkdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join, relative } from 'node:path'

/** Another process has the folder; the message says what to do. */
export class LockedError extends Error {
  override readonly name = 'LockedError'
}

/**
 * Keeps a data folder to one process. The lock is a Unix socket: the kernel closes it with its owner, so that
 * after a `kill -9` nothing stale can keep the next start out, as a pid file could.
 * @throws LockedError when another process has the folder.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // A socket's address has room for about 100 characters: the path from here is the shorter one.
  const absolute = join(folder, 'lock')
  const fromHere = relative(process.cwd(), absolute)
  const path = fromHere.length < absolute.length ? fromHere : absolute
  const server = createServer((peer) => peer.destroy())
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
  try {
    await listen()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    if (await answers(path))
      throw new LockedError(
        `Another Incheon Pass is running on ${folder}: stop it first, or set DATA_DIR to another folder.`,
      )
    rmSync(path)
    await listen()
  }
  server.unref()
  return () => new Promise((resolve) => server.close(() => resolve()))
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => resolve(false))
  })
}
