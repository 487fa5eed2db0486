import { randomBytes } from 'node:crypto'
import { type CityAgent, createCityAgent, openVault, roleAccounts } from '@pass/agent'
import { connectCity, deployCity } from '@pass/chain'
import { startAnvil } from '@pass/chain/anvil'
import {
  createCertificateVerifier,
  parseSdJwt,
  presentSdJwt,
  verifySdJwtVc,
  verifyStatusListToken,
} from '@pass/credentials'
import { type AttestPort, createHolder, createMemoryKeys, createMemoryStore } from '@pass/holder'
import { CompactSign } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWallet, newKeys, tokenFor, type WalletKey, wrongCode } from './test-wallet.ts'
import { type Office, startOffice } from './testing.ts'

let office: Office
let agent: CityAgent
const undo: (() => Promise<void>)[] = []

/** The whole agent: DIDs and keys on a chain of its own, certificates of the city's authority. */
beforeAll(async () => {
  const anvil = await startAnvil({ chainId: 8282 })
  undo.push(() => anvil.stop())
  office = await startOffice(
    { memory: true },
    {
      openAgent: async ({ db, url, clock }) => {
        const masterKey = new Uint8Array(randomBytes(32))
        const vault = await openVault({ db, masterKey })
        const manifest = await deployCity({
          rpcUrl: anvil.rpcUrl,
          chainId: 8282,
          deployer: await vault.chainSigner('deployer'),
          ...(await roleAccounts(vault)),
        })
        const chain = connectCity({ rpcUrl: anvil.rpcUrl, manifest })
        undo.push(async () => chain.close())
        const city = { name: { ko: '인천광역시', en: 'Incheon' }, url }
        agent = await createCityAgent({ db, masterKey, chain, city, clock })
        const name = { ko: '시민증 발급센터', en: 'Resident Office' }
        await agent.agencies.ensure({
          id: 'residents',
          name,
          types: ['resident'],
          issuerUrl: `${url}/issuers/residents`,
        })
        return agent
      },
    },
  )
})
afterAll(async () => {
  await office?.close()
  for (const step of undo.reverse()) await step()
})

const seconds = () => Math.floor(office.clock().getTime() / 1000)

async function receive() {
  const wallet = await createWallet(office)
  const keys = await newKeys(2)
  const { id, token } = await tokenFor(office, wallet)
  const { status, body } = await wallet.credential(token, { keys })
  expect(status).toBe(200)
  return {
    id,
    keys,
    copies: (body['credentials'] as { credential: string }[]).map(({ credential }) => credential),
  }
}

async function present(credential: string, key: WalletKey) {
  const sign = async (data: Uint8Array) => {
    const [header = '', payload = ''] = Buffer.from(data).toString().split('.')
    const compact = await new CompactSign(Buffer.from(payload, 'base64url'))
      .setProtectedHeader(JSON.parse(Buffer.from(header, 'base64url').toString()))
      .sign(key.privateKey)
    return new Uint8Array(Buffer.from(compact.split('.')[2] ?? '', 'base64url'))
  }
  const binding = { nonce: 'n-1', aud: 'x509_hash:verifier', iat: seconds(), sign }
  return presentSdJwt(credential, [['age_equal_or_over', '19']], binding)
}

test('what an agency issues is believed by whoever trusts the city, and before and after its key is replaced', async () => {
  const before = await receive()
  const former = (await agent.agencies.activeKey('residents')).didUrl
  await agent.agencies.rotateKey('residents')
  const after = await receive()
  const current = (await agent.agencies.activeKey('residents')).didUrl
  expect(current).not.toBe(former)

  const certificates = createCertificateVerifier({ trustedRoots: [agent.authority.rootCertificate] })
  for (const [{ copies, keys }, kid] of [
    [before, former],
    [after, current],
  ] as const) {
    for (const [copy, credential] of copies.entries()) {
      const presentation = await present(credential, keys[copy]!)
      const expected = { nonce: 'n-1', aud: 'x509_hash:verifier', now: seconds() }
      const verdict = await verifySdJwtVc(presentation, { ...expected, certificates })
      expect(verdict).toMatchObject({
        ok: true,
        presented: { kid, issuer: `${office.url}/issuers/residents` },
      })
      expect(verdict.presented?.claims).toMatchObject({ age_equal_or_over: { '19': true } })
      expect(verdict.presented?.claims).not.toHaveProperty('name_ko')
    }
  }
})

test("the city's wallet receives ten copies, says why a code is refused, and gets lost copies again", async () => {
  const trust = async () => ({ rootCertificates: [agent.authority.rootCertificate] })
  const random = (length: number) => new Uint8Array(randomBytes(length))
  let losing = false
  const unreliable: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    const url = input instanceof Request ? input.url : String(input)
    if (!losing || !url.endsWith('/credential')) return response
    losing = false
    throw new TypeError('fetch failed')
  }
  const { maker } = office
  const keys = createMemoryKeys()
  const attest: AttestPort = {
    client: async () => {
      const key = await keys.generate()
      return { clientId: maker.clientId, attestation: await maker.attestClient(key.publicJwk), key }
    },
    keys: (held, nonce) =>
      maker.attestKeys(
        held.map(({ publicJwk }) => publicJwk),
        nonce === undefined ? {} : { nonce },
      ),
  }
  const ports = {
    keys,
    attest,
    store: createMemoryStore(),
    fetch: unreliable,
    clock: office.clock,
    random,
    trust,
  }
  const holder = createHolder({ ...ports, allowInsecure: true })
  const body = { agency: 'residents', type: 'resident', subject: office.subject }
  const { body: made } = await office.call('POST', '/api/offers', body)
  const txCode = String(made['txCode'])
  const offer = await holder.readOffer(String(made['walletLink']))
  expect(offer).toMatchObject({
    issuer: { name: { ko: '시민증 발급센터' } },
    txCode: { inputMode: 'numeric', length: 6 },
  })
  await expect(holder.receive(offer, { txCode: wrongCode(txCode) })).rejects.toMatchObject({
    code: 'tx_code_wrong',
    attemptsLeft: 4,
  })
  losing = true
  await expect(holder.receive(offer, { txCode })).rejects.toMatchObject({ code: 'network' })
  const {
    credentials: [credential],
  } = await holder.receive(offer, { txCode })
  expect(credential?.copies).toHaveLength(10)
  const rows = await office.db
    .sql`SELECT "hash" FROM "CredentialCopy" WHERE "credentialId" = ${String(made['id'])}::uuid`
  expect(rows.map(({ hash }) => hash).sort()).toEqual(credential?.copies.map(({ hash }) => hash).sort())
  await expect(holder.readOffer(String(made['walletLink']))).rejects.toMatchObject({
    code: 'offer_already_used',
  })
})

test('the status list of an agency carries its own signature, after its key was replaced too', async () => {
  const { id, copies } = await receive()
  await office.call('POST', `/api/credentials/${id}/revoke`, { reason: '분실' })
  await agent.agencies.rotateKey('residents', { leaked: true })
  office.advance(3)
  expect(await office.status.refresh()).toBeGreaterThan(0)
  const { uri, idx } = (
    parseSdJwt(copies[0]!).payload['status'] as { status_list: { uri: string; idx: number } }
  ).status_list
  const token = await (await fetch(uri)).text()
  expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
    kid: (await agent.agencies.activeKey('residents')).didUrl,
  })
  const certificates = createCertificateVerifier({ trustedRoots: [agent.authority.rootCertificate] })
  const issuer = `${office.url}/issuers/residents`
  const list = await verifyStatusListToken(token, { uri, issuer, now: seconds(), certificates })
  expect((await office.status.currentList(uri.split('/').at(-1) ?? ''))?.statusAt(idx)).toBe(1)
  expect(list.bits).toBe(2)
})

test('a suspended agency issues nothing', async () => {
  const wallet = await createWallet(office)
  const { token } = await tokenFor(office, wallet)
  await agent.agencies.suspend('residents')
  const { body } = await wallet.credential(token, { keys: await newKeys(1) })
  expect(body).toMatchObject({ error: 'credential_request_denied', code: 'issuer_suspended' })
})
