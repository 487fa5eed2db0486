import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { type Config, readConfig } from '../config.ts'
import { checkSamplePort, startSampleSignIn } from './sample-sign-in.ts'

const parts = {
  cityFolder: join(import.meta.dirname, '..', '..', '..', '..', 'city'),
  log: pino({ level: 'silent' }),
  random: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
}
const start = (config: Config) => startSampleSignIn(config, parts)

describe('the sample sign-in provider', () => {
  const open: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of open.splice(0)) await close()
  })
  /** A port that something listens on. */
  async function taken(): Promise<number> {
    const server: Server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push(() => server.close())
    return (server.address() as AddressInfo).port
  }

  it('runs where a city is tried out, and describes itself at its own address', async () => {
    const sample = await start(readConfig({ SAMPLE_SIGN_IN_PORT: '0', PORT: '8123' }))
    open.push(() => sample?.close())
    expect(sample?.settings).toMatchObject({ subjectClaim: 'sub', scope: 'openid', namespace: 'sample' })
    const response = await fetch(`${sample?.settings.issuer}/.well-known/openid-configuration`)
    expect(await response.json()).toMatchObject({ issuer: sample?.settings.issuer })
  })

  it.each([
    ['a city that browsers reach from elsewhere', { PUBLIC_URL: 'https://pass.example.kr' }],
    ['a city with a provider', { SIGN_IN_ISSUER: 'https://sign-in.example.kr', SIGN_IN_CLIENT_ID: 'city' }],
  ])('does not run for %s', async (_what, env) => {
    expect(await start(readConfig({ ...env, SAMPLE_SIGN_IN_PORT: '0' }))).toBeUndefined()
    await expect(
      checkSamplePort(readConfig({ ...env, SAMPLE_SIGN_IN_PORT: `${await taken()}` })),
    ).resolves.toBe(undefined)
  })

  it('says which setting to change when the port that was asked for is taken', async () => {
    const config = readConfig({ SAMPLE_SIGN_IN_PORT: `${await taken()}` })
    for (const attempt of [start(config), checkSamplePort(config)])
      await expect(attempt).rejects.toThrow(/is taken: .* with SAMPLE_SIGN_IN_PORT/)
  })

  it('takes any other port when nobody asked for one and the next after the city’s is taken', async () => {
    const port = await taken()
    const sample = await start(readConfig({ PORT: `${port - 1}` }))
    open.push(() => sample?.close())
    expect(Number(new URL(sample?.settings.issuer ?? '').port)).not.toBe(port)
  })
})
