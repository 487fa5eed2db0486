import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { paymentRequestIn, readPaymentRequest } from './payment-request.ts'

const now = Date.parse('2026-11-21T03:00:00Z')
const payload = {
  id: '3f2b8c1e-5a4d-4e6f-9a7b-0c1d2e3f4a5b',
  payee: 7,
  name: { ko: '송도카페', en: 'Songdo Café' },
  amount: '4500',
  exp: now / 1000 + 180,
}
let city: Awaited<ReturnType<typeof keyOf>>
beforeAll(async () => {
  city = await keyOf('city')
})

async function keyOf(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const sign = (
    content: unknown,
    header: Record<string, unknown> = { typ: 'payment-request+jwt' },
  ): Promise<string> =>
    new CompactSign(new TextEncoder().encode(JSON.stringify(content)))
      .setProtectedHeader({ alg: 'ES256', kid, ...header })
      .sign(privateKey)
  return { jwk: { ...(await exportJWK(publicKey)), kid }, sign }
}
const read = (jws: string, at = now) => readPaymentRequest(jws, { keys: [city.jwk], now: at })

describe("a merchant's request, read without a network", () => {
  it('counts when the city signed it, and says when it is too late', async () => {
    const jws = await city.sign(payload)
    expect(await read(jws)).toEqual({
      id: payload.id,
      payee: 7,
      name: payload.name,
      amount: 4_500n,
      expiresAt: new Date(now + 180_000),
      expired: false,
    })
    expect(await read(jws, now + 180_000)).toMatchObject({ expired: true })
  })

  it('counts for nothing when somebody else signed it, under the city’s key id too', async () => {
    const forger = await keyOf('city')
    expect(await read(await forger.sign(payload))).toBeUndefined()
    const stranger = await keyOf('stranger')
    expect(await read(await stranger.sign(payload))).toBeUndefined()
  })

  it('counts for nothing with another amount put in', async () => {
    const [header, , signature] = (await city.sign(payload)).split('.')
    const changed = Buffer.from(JSON.stringify({ ...payload, amount: '1' })).toString('base64url')
    expect(await read(`${header}.${changed}.${signature}`)).toBeUndefined()
  })

  it('is not another statement of the city', async () => {
    expect(await read(await city.sign(payload, { typ: 'dc+sd-jwt' }))).toBeUndefined()
    expect(await read(await city.sign({ ...payload, amount: '-5' }))).toBeUndefined()
    expect(await read('x.y.z')).toBeUndefined()
  })

  it('is found in the link of the QR code, and in no other', () => {
    expect(paymentRequestIn('https://pass.example.kr/wallet/pay#a.b.c')).toBe('a.b.c')
    expect(paymentRequestIn('https://pass.example.kr/wallet/pass#a.b.c')).toBeUndefined()
    expect(paymentRequestIn('https://pass.example.kr/x/wallet/pay#a.b.c')).toBeUndefined()
    expect(paymentRequestIn('https://pass.example.kr/wallet/pay#a.b')).toBeUndefined()
  })
})
