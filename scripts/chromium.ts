import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a Chromium is, or undefined. CHROMIUM_PATH goes first. */
export function findChromium(): string | undefined {
  return [process.env['CHROMIUM_PATH'], ...PLACES].find((path) => path && existsSync(path))
}

/** Installs Debian's Chromium and a Korean font where they are missing and may be installed. */
export async function ensureChromium(say: (line: string) => void): Promise<void> {
  const korean = spawnSync('fc-list', [':lang=ko'], { encoding: 'utf8' }).stdout?.trim()
  if (findChromium() && korean) return
  say('Installing Chromium and a Korean font for the browser tests …')
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', 'chromium', 'fonts-noto-cjk', 'fontconfig'],
  ]) {
    const done = spawnSync('apt-get', args, {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (done.status !== 0)
      throw new Error(
        `The browser tests need Chromium: install it (on Debian: apt-get install chromium fonts-noto-cjk) or set CHROMIUM_PATH. ${done.stderr ?? ''}`,
      )
  }
}
