import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a machine needs to try the API at once: values that can be posted as they are. */
export type DevCredentials = {
  apiKeys: { officer: string; verifier: string; operator: string }
  sample: { agency: string; type: string; subject: string }
}

/** Writes `dev-credentials.json` for its owner alone (mode 0600), whole or not at all. */
export async function writeDevCredentials(dataDir: string, credentials: DevCredentials): Promise<void> {
  const file = join(dataDir, 'dev-credentials.json')
  await writeFile(`${file}.new`, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}
