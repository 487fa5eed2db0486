import 'fake-indexeddb/auto'
import type { RequestPreview } from '@pass/holder'
import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { arrivalOf } from '../incoming.ts'
import { readAccount } from './account.ts'
import { askerProof, isAskedElsewhere } from './asker-proof.ts'
import { connected, createPhone, ORIGIN, type Phone } from './testing/phone.ts'

const phones: Phone[] = []
afterEach(() => {
  for (const phone of phones.splice(0)) phone.close()
})
function newPhone(): Phone {
  const phone = createPhone(crypto.randomUUID(), () => undefined)
  phones.push(phone)
  return phone
}

const THEN = '/points/connect'
const ANSWER = `${ORIGIN}/verifier/responses/1`
const requestOf = (proofOf?: string) =>
  ({ request: { ...(proofOf === undefined ? {} : { proofOf }) } }) as RequestPreview

describe('a request that a wallet made for itself', () => {
  it('is answered where a screen of this wallet asked, and nowhere else', () => {
    const scanned = arrivalOf('openid4vp://?client_id=x').then
    expect(isAskedElsewhere(requestOf('thumbprint'), scanned)).toBe(true)
    expect(isAskedElsewhere(requestOf('thumbprint'), arrivalOf('openid4vp://?', THEN).then)).toBe(false)
    expect(isAskedElsewhere(requestOf(), scanned)).toBe(false)
  })

  it('is answered with a proof of the key of points, for the address of the answer', async () => {
    const phone = newPhone()
    const ports = await connected(phone)
    const jws = (await askerProof(async () => ports, THEN).proof?.('POST', ANSWER)) ?? ''
    const { jwk, typ } = decodeProtectedHeader(jws) as { jwk: JWK; typ: string }
    const { payload } = await compactVerify(jws, await importJWK(jwk, 'ES256'))
    expect([typ, jwk]).toEqual(['dpop+jwt', (await readAccount(ports))?.key.publicJwk])
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({
      htm: 'POST',
      htu: ANSWER,
      iat: Math.floor(phone.now() / 1000),
      jti: expect.any(String),
    })
  })
})

describe('a request of anybody else', () => {
  it('is given no way to a proof: nobody can tell that two answers are of one wallet', () => {
    const never = () => Promise.reject(new Error('opened'))
    expect(askerProof(never, arrivalOf('openid4vp://?client_id=x').then)).toEqual({})
  })

  it('gets none at another address, whatever it says', async () => {
    const ports = await connected(newPhone())
    const { proof } = askerProof(async () => ports, THEN)
    await expect(proof?.('POST', 'https://museum.example/verifier/responses/1')).rejects.toThrow('this city')
  })
})
