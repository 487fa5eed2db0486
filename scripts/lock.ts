import { lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join, relative } from 'node:path'

/** A folder that cannot be had; the message says what to do. */
export class LockedError extends Error {
  override readonly name = 'LockedError'
}

/** An address has room for 108 bytes on Linux, for 104 on macOS, the closing zero included. */
const LONGEST = 103

/**
 * Keeps a data folder to one process. The lock is a Unix socket: the kernel closes it with its owner, so that
 * after a `kill -9` nothing stale can keep the next start out, as a pid file could.
 * @throws LockedError when another process has the folder, or it cannot be written to.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = addressIn(folder)
  const server = createServer((peer) => peer.destroy())
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    await listen(server, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error
      await removeStale(path, folder)
      await listen(server, path)
    })
  } catch (error) {
    throw error instanceof LockedError ? error : new LockedError(sentenceFor(error, folder), { cause: error })
  }
  server.unref()
  return () => new Promise((resolve) => server.close(() => resolve()))
}

/** The socket's address: from here or from the root, whichever is shorter. */
function addressIn(folder: string): string {
  const absolute = join(folder, 'lock')
  const fromHere = relative(process.cwd(), absolute)
  const path = fromHere.length < absolute.length ? fromHere : absolute
  if (Buffer.byteLength(path) > LONGEST)
    throw new LockedError(
      `The path of DATA_DIR is too long: choose one of fewer than ${LONGEST - 5} characters.`,
    )
  return path
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/**
 * Moved aside before it is removed: of two that start at once after a crash only one can move it, and one that
 * moved the other's new socket finds it answering and puts it back.
 */
async function removeStale(path: string, folder: string): Promise<void> {
  const taken = () =>
    new LockedError(
      `Another Incheon Pass is running on ${folder}: stop it first, or set DATA_DIR to another folder.`,
    )
  if (await answers(path)) throw taken()
  if (!lstatSync(path).isSocket())
    throw new LockedError(
      `${join(folder, 'lock')} is no lock of ours: remove it, or set DATA_DIR to another folder.`,
    )
  const aside = `${path}.${process.pid}`.slice(-LONGEST)
  renameSync(path, aside)
  if (await answers(aside)) {
    renameSync(aside, path)
    throw taken()
  }
  rmSync(aside)
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

function sentenceFor(error: unknown, folder: string): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'EADDRINUSE')
    return `Another Incheon Pass is starting on ${folder}, or the folder cannot be made: wait, or set DATA_DIR to another one.`
  return `DATA_DIR ${folder} cannot be written to (${code ?? String(error)}): choose a folder that may be, or correct its rights.`
}
