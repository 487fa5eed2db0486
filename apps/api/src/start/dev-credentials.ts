import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Role } from '../access/principal.ts'

/** What a machine needs to try the API at once: values that can be posted as they are. */
export type DevCredentials = {
  apiKeys: Record<Role, string>
  sample: { agency: string; type: string; subject: string }
}

const fileIn = (dataDir: string) => join(dataDir, 'dev-credentials.json')

/** Writes `dev-credentials.json` for its owner alone (mode 0600), whole or not at all. */
export async function writeDevCredentials(dataDir: string, credentials: DevCredentials): Promise<void> {
  const file = fileIn(dataDir)
  await writeFile(`${file}.new`, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** The keys of the last start. A file that is missing or damaged has none: new ones take their place. */
export async function readDevKeys(dataDir: string): Promise<Record<string, unknown>> {
  try {
    const { apiKeys } = JSON.parse(await readFile(fileIn(dataDir), 'utf8')) as Partial<DevCredentials>
    return { ...apiKeys }
  } catch {
    return {}
  }
}
