import 'fake-indexeddb/auto'
import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { type City, connected, createPhone, ORIGIN, type Phone } from '../account/testing/phone.ts'
import { fetchKeys, readRequest } from './request.ts'

const ID = '7f3a3f6e-0a53-4b61-9a53-0f3d6f1f7a11'
const phones: Phone[] = []
afterEach(() => {
  for (const phone of phones.splice(0)) phone.close()
})

async function cityKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid }
  const link = async (exp: number, amount = '1500') => {
    const payload = { id: ID, payee: 7, name: { ko: '연수분식', en: 'Yeonsu Snacks' }, amount, exp }
    const jws = await new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
      .setProtectedHeader({ alg: 'ES256', kid, typ: 'payment-request+jwt' })
      .sign(privateKey)
    return `${ORIGIN}/wallet/pay#${jws}`
  }
  return { jwk, link }
}

async function phoneBefore(city: City) {
  const phone = createPhone(crypto.randomUUID(), city)
  phones.push(phone)
  return { phone, ports: await connected(phone), soon: phone.now() / 1000 + 180 }
}

describe('a merchant’s code', () => {
  it('is believed without a network, once the city’s key was seen', async () => {
    const key = await cityKey('k1')
    let up = true
    const { ports, soon } = await phoneBefore(() => (up ? { body: { keys: [key.jwk] } } : 'lost'))
    await fetchKeys(ports)
    up = false
    expect(await readRequest(ports, await key.link(soon))).toEqual({
      id: ID,
      requestId: ID,
      payee: { id: 7, name: { ko: '연수분식', en: 'Yeonsu Snacks' }, kind: 'merchant' },
      amount: '1500',
      expiresAt: soon * 1000,
    })
  })

  it('is refused when somebody else signed it, or it was changed', async () => {
    const [key, forger] = await Promise.all([cityKey('k1'), cityKey('k1')])
    const { ports, soon } = await phoneBefore(() => ({ body: { keys: [key.jwk] } }))
    const real = await key.link(soon)
    const [head, , signature] = real.split('.')
    const changed = Buffer.from(JSON.stringify({ id: ID, payee: 8, amount: '1', exp: soon })).toString(
      'base64url',
    )
    for (const link of [await forger.link(soon), `${head}.${changed}.${signature}`, `${ORIGIN}/menu`])
      await expect(readRequest(ports, link)).rejects.toMatchObject({ code: 'request_unverified' })
  })

  it('with a new key of the city makes the wallet look for it', async () => {
    const [old, fresh] = await Promise.all([cityKey('k1'), cityKey('k2')])
    let keys = [old.jwk]
    const { ports, soon } = await phoneBefore(() => ({ body: { keys } }))
    await fetchKeys(ports)
    keys = [old.jwk, fresh.jwk]
    expect(await readRequest(ports, await fresh.link(soon))).toMatchObject({ amount: '1500' })
  })

  it('cannot be told without a network before any key was seen: that is said, and nothing believed', async () => {
    const key = await cityKey('k1')
    const { ports, soon } = await phoneBefore(() => 'lost')
    await expect(readRequest(ports, await key.link(soon))).rejects.toMatchObject({ code: 'network' })
  })

  it('that has run out says so', async () => {
    const key = await cityKey('k1')
    const { ports, phone } = await phoneBefore(() => ({ body: { keys: [key.jwk] } }))
    const link = await key.link(phone.now() / 1000 - 1)
    await expect(readRequest(ports, link)).rejects.toMatchObject({ code: 'request_expired' })
  })
})
