import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { type Config, ConfigError, readConfig } from '../apps/api/src/config.ts'

const ROOT = join(import.meta.dirname, '..')

/**
 * The settings, from the environment and, where that says nothing, from `.env`.
 * @throws ConfigError in one sentence for each that cannot be used
 */
export function loadSettings(): Config {
  const given = parseEnv(read('.env'))
  const known = new Set(Object.keys(parseEnv(read('.env.example').replaceAll(/^#(?=[A-Z_]+=)/gm, ''))))
  for (const name of Object.keys(given))
    if (!known.has(name)) console.warn(`.env sets ${name}, which is no setting: .env.example has them all.`)
  return readConfig({ ...given, ...process.env })
}

function read(name: string): string {
  try {
    return readFileSync(join(ROOT, name), 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new ConfigError(
      `${join(ROOT, name)} cannot be read: make it a file that you may read, or remove it.`,
      {
        cause,
      },
    )
  }
}
