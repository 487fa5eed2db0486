import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { route } from '../http/route.ts'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { makeWalletKey, type TestWalletKey } from '../testing/wallet-key.ts'

let api: TestApi
const about = { tag: 'Test', summary: 'For the test', responses: { 200: z.unknown() } }

beforeAll(async () => {
  api = await startTestApi({
    routes: () => [
      route({
        ...about,
        method: 'get',
        path: '/api/test/key',
        access: 'wallet-key',
        handle: ({ wallet }) => ({ body: wallet }),
      }),
      route({
        ...about,
        method: 'post',
        path: '/api/test/account/{id}',
        access: 'wallet',
        params: z.object({ id: z.string() }),
        body: z.object({ text: z.string() }),
        handle: ({ wallet }) => ({ body: wallet }),
      }),
    ],
  })
})
afterAll(() => api.close())

const phone = () => makeWalletKey(api.context.clock)
async function account({ publicJwk, jkt, address }: TestWalletKey, status = 'open') {
  const [id, subjectId] = [randomUUID(), randomUUID()]
  await api.db.sql`
    INSERT INTO "WalletAccount" ("id", "number", "subjectId", "address", "publicJwk", "jkt", "status")
    VALUES (${id}::uuid, ${id}, ${subjectId}::uuid, ${address}, ${JSON.stringify(publicJwk)}::jsonb, ${jkt}, ${status})`
  return { accountId: id, subjectId, address, jkt }
}
const getKey = async (proof?: string, query = '') => {
  const headers: Record<string, string> = proof === undefined ? {} : { DPoP: proof }
  const { status, body } = await api.call(`/api/test/key${query}`, { headers })
  return [status, body.code]
}

describe('a wallet key', () => {
  it('is proven by a signature over this very request, whatever its query', async () => {
    const key = phone()
    const { status, body } = await key.call(api.url, '/api/test/key?cursor=1')
    expect([status, body]).toEqual([200, { publicJwk: key.publicJwk, jkt: key.jkt }])
  })

  it('opens nothing with a proof that is missing, forged, for something else, or used before', async () => {
    const key = phone()
    const url = `${api.url}/api/test/key`
    const refused = [401, 'unauthenticated']
    expect(await getKey()).toEqual(refused)
    expect(await getKey('x.y.z')).toEqual(refused)
    expect(await getKey(key.dpop('POST', url))).toEqual(refused)
    expect(await getKey(key.dpop('GET', `${api.url}/api/test/other`))).toEqual(refused)
    expect(await getKey(key.dpop('GET', 'https://elsewhere.example/api/test/key'))).toEqual(refused)
    expect(await getKey(key.dpop('GET', url, { header: { jwk: phone().publicJwk } }))).toEqual(refused)
    expect(await getKey(key.dpop('GET', url, { header: { alg: 'none' } }))).toEqual(refused)
    expect(await getKey(key.dpop('GET', url, { header: { typ: 'pass+jwt' } }))).toEqual(refused)
    expect(await getKey(key.dpop('GET', url, { payload: { jti: '' } }))).toEqual(refused)
    const proof = key.dpop('GET', url)
    expect(await getKey(proof)).toEqual([200, undefined])
    expect(await getKey(proof)).toEqual(refused)
    expect(await getKey(proof, '?again')).toEqual(refused)
  })

  it.each([-301, 301])('is told the time when its clock is wrong by %i seconds', async (seconds) => {
    const key = makeWalletKey(() => new Date(api.context.clock().getTime() + seconds * 1000))
    const { status, body } = await key.call(api.url, '/api/test/key')
    expect([status, body.code]).toEqual([401, 'device_clock_wrong'])
    expect(Math.abs(Date.parse(body.serverTime) - api.context.clock().getTime())).toBeLessThan(5000)
  })
})

describe('a connected wallet', () => {
  it('acts for its own citizen', async () => {
    const key = phone()
    const own = await account(key)
    const { status, body } = await key.call(api.url, '/api/test/account/1', { json: { text: 'a' } })
    expect([status, body]).toEqual([200, own])
  })

  it.each(['none', 'waiting', 'closed'])('does nothing while its account is %s', async (status) => {
    const key = phone()
    if (status !== 'none') await account(key, status)
    const { body } = await key.call(api.url, '/api/test/account/1', { json: { text: 'a'.repeat(500_000) } })
    expect(body.code).toBe('wallet_unknown')
  })
})
