import { createHash } from 'node:crypto'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { webCryptoPort } from '../crypto-port.ts'
import { decodeBase64url, encodeBase64url, utf8 } from '../encoding/base64url.ts'
import { createTestCity, ISSUER, NOW, randomBytes, type TestCity, vctOf } from '../testing/city.ts'
import { hashOfCredential } from './hash.ts'
import { parseSdJwt } from './parse.ts'
import { presentSdJwt } from './present.ts'
import { verifySdJwtVc } from './verify.ts'

const NONCE = 'nonce'
const AUD = 'x509_hash:verifier'
let city: TestCity
beforeAll(async () => {
  city = await createTestCity()
})

/** The reference implementation, with the keys of the test city. */
const peer = () =>
  new SDJwtVcInstance({
    hasher: (data) =>
      createHash('sha256')
        .update(typeof data === 'string' ? data : new Uint8Array(data))
        .digest(),
    hashAlg: 'sha-256',
    saltGenerator: () => encodeBase64url(randomBytes(16)),
    signAlg: 'ES256',
    signer: async (data) => encodeBase64url(await city.agency.key.sign(utf8(data))),
    verifier: (data, signature) =>
      webCryptoPort.verifyEs256(city.agency.key.publicJwk, utf8(data), decodeBase64url(signature)),
    kbSignAlg: 'ES256',
    kbSigner: async (data) => encodeBase64url(await city.holder.sign(utf8(data))),
    kbVerifier: (data, signature) =>
      webCryptoPort.verifyEs256(city.holder.publicJwk, utf8(data), decodeBase64url(signature)),
  })

describe('what we make', () => {
  it('is verified by @sd-jwt/sd-jwt-vc, with the one fact disclosed', async () => {
    const { credential } = await city.issue({ status: undefined as never })
    const presentation = await presentSdJwt(credential, [['age_equal_or_over', '19']], {
      nonce: NONCE,
      aud: AUD,
      iat: NOW,
      sign: city.holder.sign,
      extra: { anchor: { root: '0x00' } },
    })
    const { payload, kb } = await peer().verify(presentation, { keyBindingNonce: NONCE, currentDate: NOW })
    expect(payload).toMatchObject({ iss: ISSUER, vct: vctOf('resident'), age_equal_or_over: { '19': true } })
    expect(payload).not.toHaveProperty('birth_date')
    expect(kb?.payload).toMatchObject({ aud: AUD, nonce: NONCE, anchor: { root: '0x00' } })
  })

  it('carries an issuer-signed JWT that jose verifies, with typ, kid and x5c', async () => {
    const { credential } = await city.issue()
    const { jwt } = parseSdJwt(credential)
    const key = await importJWK(city.agency.key.publicJwk, 'ES256')
    const { payload } = await jwtVerify(jwt, key, {
      typ: 'dc+sd-jwt',
      issuer: ISSUER,
      currentDate: new Date(NOW * 1000),
    })
    expect(payload['cnf']).toEqual({ jwk: city.holder.publicJwk })
    expect(decodeProtectedHeader(jwt)).toMatchObject({
      alg: 'ES256',
      kid: expect.any(String),
      x5c: [city.agency.base64],
    })
  })
})

describe('what @sd-jwt/sd-jwt-vc makes', () => {
  const issue = () =>
    peer().issue(
      {
        iss: ISSUER,
        vct: vctOf('resident'),
        iat: NOW,
        exp: NOW + 60,
        cnf: { jwk: city.holder.publicJwk },
        name: '하늘',
        address: { city: '인천', street: '송도' },
        nationalities: ['KR', 'US'],
      },
      { _sd: ['name', 'address'], address: { _sd: ['street'] }, nationalities: { _sd: [1] } },
      { header: { x5c: [city.agency.base64], kid: 'did:ethr:0x1#key-1' } },
    )

  it('is read with every claim, nested and in arrays, decoys ignored', async () => {
    const { claims } = parseSdJwt(await issue())
    expect(claims).toMatchObject({
      name: '하늘',
      address: { city: '인천', street: '송도' },
      nationalities: ['KR', 'US'],
    })
  })

  it('is presented by us, showing what was chosen and the branch it hangs on', async () => {
    const credential = await issue()
    const presentation = await presentSdJwt(credential, [['address', 'street']], {
      nonce: NONCE,
      aud: AUD,
      iat: NOW,
      sign: city.holder.sign,
    })
    expect(hashOfCredential(presentation)).toBe(hashOfCredential(credential))
    const verdict = await verifySdJwtVc(presentation, {
      nonce: NONCE,
      aud: AUD,
      now: NOW,
      certificates: city.certificates,
    })
    expect(verdict.ok).toBe(true)
    expect(verdict.presented?.claims).toMatchObject({
      address: { city: '인천', street: '송도' },
      nationalities: ['KR'],
    })
    expect(verdict.presented?.claims).not.toHaveProperty('name')
  })

  it('and presents passes our checks', async () => {
    const credential = await issue()
    const kb = { payload: { aud: AUD, nonce: NONCE, iat: NOW } }
    const presentation = await peer().present(credential, { name: true }, { kb })
    const verdict = await verifySdJwtVc(presentation, {
      nonce: NONCE,
      aud: AUD,
      now: NOW,
      certificates: city.certificates,
    })
    expect(verdict.checks.map(({ result }) => result)).toEqual(new Array(5).fill('passed'))
    expect(verdict.presented?.claims['name']).toBe('하늘')
  })
})
