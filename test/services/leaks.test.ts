import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { authorize, redeem, scopeOf } from '../conformance/authorize.ts'
import { issuerOf } from '../conformance/receive.ts'
import { createWalletClient } from '../conformance/wallet-client.ts'
import { createTestProvider, type TestProvider } from '../conformance/wallet-provider.ts'
import { offerSample, openHeadlessHolder, presentTo, untilAnchored } from '../headless.ts'

/** Everything that passes between the wallet and the city, remembered to be looked for where it must not be. */
const secrets = new Set<string>()
const NOTED = ['access_token', 'refresh_token', 'c_nonce', 'pre-authorized_code', 'attestation'].map(
  (name) => new RegExp(`"${name}":"([^"]+)"`, 'g'),
)

const listening: typeof fetch = async (input, init) => {
  const authorization = new Headers(init?.headers).get('authorization')
  if (authorization) secrets.add(authorization.split(' ')[1] ?? '')
  const response = await fetch(input, init)
  const text = await response.clone().text()
  for (const pattern of NOTED) for (const [, secret = ''] of text.matchAll(pattern)) secrets.add(secret)
  return response
}

let city: TestCity
let provider: TestProvider

/** A citizen signs in at the national provider for a card: what passes through browsers' addresses is secret as well. */
async function signInAsCitizen() {
  const client = await createWalletClient(issuerOf(city), provider)
  const { query, codeVerifier, state } = await authorize(client, {
    scope: scopeOf(client, city.credentials.sample.type),
  })
  const { body } = await redeem(client, { query, codeVerifier })
  for (const secret of [query.get('code'), codeVerifier, state, body.access_token, body.refresh_token])
    secrets.add(String(secret))
}

beforeAll(async () => {
  provider = await createTestProvider()
  city = await startCity({ env: { LOG_LEVEL: 'trace', WALLET_PROVIDERS: provider.file } })
  await signInAsCitizen()
  const holder = openHeadlessHolder(city, listening)
  const { id, offerUri, txCode } = await offerSample(city)
  const offer = await holder.readOffer(offerUri)
  const {
    credentials: [card],
  } = await holder.receive(offer, { txCode })
  await untilAnchored(city, holder)
  const { result } = await presentTo(city, holder, { template: 'identity' })
  await city.call('officer', `/api/credentials/${id}/revoke`, { reason: 'lost' })
  await city.call('officer', `/api/register/residents?query=${encodeURIComponent(nameIn(result))}`)

  for (const { credential } of card?.copies ?? []) {
    const [jwt = '', ...disclosures] = credential.split('~')
    for (const part of [jwt, jwt.split('.')[2] ?? '', ...disclosures]) if (part !== '') secrets.add(part)
  }
  for (const key of Object.values(city.credentials.apiKeys)) secrets.add(key)
  for (const link of Object.values(city.links)) secrets.add(link.split('#')[1] ?? '')
  logged = city
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .join('\n')
  names = [nameIn(result), txCode]
})
afterAll(async () => {
  await city?.end()
  provider?.remove()
})

let logged: string
let names: string[]
const nameIn = ({ claims }: { claims: Record<string, { name_ko: string }> }) =>
  Object.values(claims)[0]?.name_ko ?? ''

describe('after a credential was issued, anchored, presented and revoked', () => {
  it('the log, at its most talkative, holds no name, code, token, credential or query', () => {
    expect(secrets.size).toBeGreaterThan(100)
    expect(logged.split('\n').length).toBeGreaterThan(20)
    for (const secret of [...secrets, ...names, encodeURIComponent(names[0] ?? ''), '?query', 'eyJ'])
      expect(logged.includes(secret), secret).toBe(false)
  })

  it('the chain has taken roots and hashes of one fixed length, and nothing else, from those who issue', async () => {
    const rpcUrl = /Chain\s+(http\S+)/.exec(city.output())?.[1] ?? ''
    const ask = async (method: string, ...params: unknown[]) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
      const headers = { 'content-type': 'application/json' }
      return (await (await fetch(rpcUrl, { method: 'POST', headers, body })).json()).result
    }
    const anchor = (await city.call('officer', '/api/trust')).body.chain.contracts.credentialAnchor
    const inputs: string[] = []
    for (let block = Number(await ask('eth_blockNumber')); block > 0; block--) {
      const { transactions } = await ask('eth_getBlockByNumber', `0x${block.toString(16)}`, true)
      for (const { to, input } of transactions)
        if (to?.toLowerCase() === anchor.toLowerCase()) inputs.push(input)
    }
    // anchor(bytes32,uint32) and commitStatusList(bytes32,uint64,bytes32): two words, or three.
    expect(inputs.length).toBeGreaterThanOrEqual(2)
    for (const input of inputs) expect(input).toMatch(/^0x(47489de4|5378b80d)([0-9a-f]{64}){2,3}$/)
  })

  it('the files of the database hold no code, token, key or credential', async () => {
    await city.stop()
    const folder = join(city.dataDir, 'database')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    )
    const content = Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))))
    // What is looked for would be found: the register does hold the name.
    expect(content.includes(names[0] ?? '')).toBe(true)
    for (const secret of secrets) expect(content.includes(secret), secret).toBe(false)
  })
})
