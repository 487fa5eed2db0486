import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { collect, type TestCity } from './city.ts'

/** `npm run reconcile` on a city, running or stopped: how it ended, its last line, and all that it said. */
export async function reconcile(
  city: Pick<TestCity, 'dataDir' | 'url'>,
  env: Record<string, string> = {},
): Promise<{ code: number | null; last: string; output: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'scripts', 'reconcile.ts')], {
    env: { ...process.env, LOG_LEVEL: 'warn', ...env, DATA_DIR: city.dataDir, PORT: new URL(city.url).port },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collect(child)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, last: output().trim().split('\n').at(-1) ?? '', output: output() }
}
