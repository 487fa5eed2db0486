import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createExpressApp } from './express-app.ts'

let folder: string
let server: Server
let url: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pass-web-'))
  mkdirSync(join(folder, 'wallet', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'wallet', 'index.html'), '<!doctype html><title>Wallet</title>')
  writeFileSync(join(folder, 'wallet', 'sw.js'), '// worker')
  writeFileSync(join(folder, 'wallet', 'assets', 'index-abc123.js'), '// app')
  writeFileSync(join(folder, 'secret.txt'), 'outside')
  const app = createExpressApp({
    config: { publicUrl: 'http://localhost', trustProxy: 0, rateLimitFactor: 0 },
    log: pino({ level: 'silent' }),
    access: {} as never,
    routes: [],
    observe: (_request, _response, next) => next(),
    webApps: { '/wallet': join(folder, 'wallet'), '/console': join(folder, 'console') },
  })
  server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

const get = (path: string) => fetch(`${url}${path}`, { redirect: 'manual' })

describe('a web app', () => {
  it('opens at its root, at each of its own addresses, and from the first address of all', async () => {
    expect((await get('/')).headers.get('location')).toBe('/wallet/')
    expect((await get('/wallet')).headers.get('location')).toBe('/wallet/')
    for (const path of ['/wallet/', '/wallet/receive', '/wallet/cards/7']) {
      const response = await get(path)
      expect([response.status, await response.text()]).toEqual([200, '<!doctype html><title>Wallet</title>'])
      expect(response.headers.get('content-type')).toContain('text/html')
    }
  })

  it('keeps hashed files for good, and asks again for the page and the service worker', async () => {
    expect((await get('/wallet/assets/index-abc123.js')).headers.get('cache-control')).toContain('immutable')
    expect((await get('/wallet/sw.js')).headers.get('cache-control')).toBe('no-cache')
    expect((await get('/wallet/')).headers.get('cache-control')).toBe('no-cache')
  })

  it('never answers a missing file with the page: an old page would run it as a script', async () => {
    for (const path of ['/wallet/assets/index-old.js', '/wallet/missing.js', '/wallet/favicon.ico'])
      expect((await get(path)).status).toBe(404)
  })

  it('serves nothing outside its folder', async () => {
    for (const path of ['/wallet/..%2fsecret.txt', '/wallet/%2e%2e/secret.txt', '/wallet/....//secret.txt'])
      expect(await (await get(path)).text()).not.toContain('outside')
  })

  it('says so when it is not built', async () => {
    const response = await get('/console/')
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('npm start')])
  })
})
