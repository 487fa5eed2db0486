import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AgentError } from '../errors.ts'

const KEY_BYTES = 32
const FILE_NAME = 'master.key'

/**
 * The master key: MASTER_KEY of the environment (base64), or the file `master.key` in the data folder, which
 * the first start makes for its owner alone.
 * @throws AgentError `master_key_invalid` or `master_key_exposed`, in one sentence that says what to do.
 */
export function loadMasterKey(from: {
  dataDir: string
  env: Record<string, string | undefined>
}): Uint8Array<ArrayBuffer> {
  const given = from.env['MASTER_KEY']?.trim()
  if (given) return parseGiven(given)
  mkdirSync(from.dataDir, { recursive: true })
  const path = join(from.dataDir, FILE_NAME)
  return create(path) ?? read(path)
}

function parseGiven(text: string): Uint8Array<ArrayBuffer> {
  const key = Buffer.from(text, 'base64')
  // Buffer skips what is not base64; only a text that comes out as it went in is a key.
  const canonical = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
  if (key.length !== KEY_BYTES || !canonical) {
    throw new AgentError(
      'master_key_invalid',
      'MASTER_KEY must be 32 bytes in base64: make one with `openssl rand -base64 32`, or unset it to use the key file.',
    )
  }
  return new Uint8Array(key)
}

/**
 * Answers undefined when there is a key already. The file appears under its name only when it is whole and on the
 * disk: a key that seals data must get there before the data does, and a crash must leave no half of one.
 */
function create(path: string): Uint8Array<ArrayBuffer> | undefined {
  if (existsSync(path)) return undefined
  const draft = `${path}.${process.pid}`
  rmSync(draft, { force: true })
  const key = new Uint8Array(randomBytes(KEY_BYTES))
  withFile(openSync(draft, 'wx', 0o600), (file) => {
    writeSync(file, key)
    fsyncSync(file)
  })
  try {
    // Unlike a rename, a link fails when another process was first.
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  } finally {
    rmSync(draft)
  }
  withFile(openSync(dirname(path), 'r'), fsyncSync)
  return key
}

function read(path: string): Uint8Array<ArrayBuffer> {
  return withFile(openSync(path, 'r'), (file) => {
    // Windows has no such bits.
    if (process.platform !== 'win32' && (fstatSync(file).mode & 0o077) !== 0) {
      throw new AgentError(
        'master_key_exposed',
        `Others on this machine can read ${path}: run \`chmod 600 ${path}\`, and replace the key if someone may have read it.`,
      )
    }
    const key = readFileSync(file)
    if (key.length !== KEY_BYTES) {
      throw new AgentError(
        'master_key_invalid',
        `${path} is damaged (${key.length} bytes instead of 32): put your copy of it back; without it this installation's keys cannot be opened.`,
      )
    }
    return new Uint8Array(key)
  })
}

function withFile<T>(file: number, work: (file: number) => T): T {
  try {
    return work(file)
  } finally {
    closeSync(file)
  }
}
