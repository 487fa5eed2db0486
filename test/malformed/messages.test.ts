import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, startCity } from '../city.ts'
import { send } from '../conformance/http.ts'
import { newKey } from '../conformance/jose.ts'
import { issuerOf, receiveCopies } from '../conformance/receive.ts'
import { createWalletClient } from '../conformance/wallet-client.ts'
import { createTestProvider } from '../conformance/wallet-provider.ts'
import { type Inspector, openInspector } from '../inspector.ts'
import { authorizationServer } from './authorization-server.ts'
import { issuer } from './issuer.ts'
import type { Suite } from './refusals.ts'
import { verifier } from './verifier.ts'

const suite = {} as Suite
let inspector: Inspector

beforeAll(async () => {
  suite.provider = await createTestProvider()
  const port = await freePort()
  suite.city = await startCity({
    nodeArgs: [`--inspect=127.0.0.1:${port}`],
    env: { RATE_LIMIT_FACTOR: '0', WALLET_PROVIDERS: suite.provider.file },
  })
  inspector = await openInspector(port)
  suite.type = suite.city.credentials.sample.type
  suite.copies = await receiveCopies(suite.city, suite.provider, 1)
})
afterAll(async () => {
  inspector?.close()
  await suite.city?.end()
  suite.provider?.remove()
})

authorizationServer(suite)
issuer(suite)
verifier(suite)

test('a thousand messages that are not right leave nothing behind in memory', async () => {
  const client = await createWalletClient(issuerOf(suite.city), suite.provider)
  const key = await newKey()
  const round = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const form = new URLSearchParams({ grant_type: 'x'.repeat(3000), [`f${i}`]: 'y'.repeat(3000) })
      await Promise.all([
        client.token({}, { sent: { form } }),
        client.credential(
          { proofs: { jwt: ['z'.repeat(3000)] } },
          { accessToken: `token-${i}-${'t'.repeat(50)}` },
        ),
        send(`${suite.city.url}/verifier/requests/${crypto.randomUUID()}`, {
          form: { wallet_nonce: `n${i}` },
        }),
        send(`${suite.city.url}/verifier/responses/${crypto.randomUUID()}`, {
          form: { response: 'q'.repeat(3000) },
        }),
        client.par(
          { scope: `${i}` },
          { auth: { attestation: { claims: { cnf: { jwk: key.jwk }, filler: 'w'.repeat(2000) } } } },
        ),
      ])
    }
  }
  await round(30)
  const before = await inspector.heapUsed()
  await round(200)
  const grown = (await inspector.heapUsed()) - before
  // Two kilobytes for each message kept would be two megabytes; code that is compiled meanwhile takes less than one.
  expect(grown).toBeLessThan(2_000_000)
})
