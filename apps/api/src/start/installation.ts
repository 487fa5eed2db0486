import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The name of this data folder among those that share one database: made once, and kept in it. By it two processes
 * keep their sample keys apart, and `npm run reset` knows the folder for one of ours.
 */
export async function installationOf(dataDir: string): Promise<string> {
  const file = join(dataDir, 'installation')
  const known = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (/^[0-9a-f]{8}$/.test(known)) return known
  const made = randomBytes(4).toString('hex')
  await writeFile(file, `${made}\n`)
  return made
}
