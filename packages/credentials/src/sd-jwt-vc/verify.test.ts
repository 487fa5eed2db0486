import { beforeAll, describe, expect, it } from 'vitest'
import { webCryptoPort } from '../crypto-port.ts'
import { encodeBase64url, encodeBase64urlText, utf8 } from '../encoding/base64url.ts'
import { signJws } from '../encoding/jws.ts'
import { authorityKeyId, createCertificate, createKey } from '../testing/certificates.ts'
import { createTestCity, ISSUER, NOW, PUBLIC_URL, type TestCity } from '../testing/city.ts'
import { decodeSdJwt, MAX_SD_JWT_LENGTH, parseSdJwt } from './parse.ts'
import { type KeyBinding, presentSdJwt } from './present.ts'
import { type SdJwtVcVerdict, type VerifySdJwtVcOptions, verifySdJwtVc } from './verify.ts'

const NONCE = 'n-0S6_WzA2Mj'
const AUD = 'x509_hash:verifier'
const ADULT = ['age_equal_or_over', '19']

let city: TestCity
let credential: string
beforeAll(async () => {
  city = await createTestCity()
  credential = (await city.issue()).credential
})

const binding = (overrides: Partial<KeyBinding> = {}): KeyBinding => ({
  nonce: NONCE,
  aud: AUD,
  iat: NOW,
  sign: city.holder.sign,
  ...overrides,
})
const verify = (presentation: string, overrides: Partial<VerifySdJwtVcOptions> = {}) =>
  verifySdJwtVc(presentation, {
    nonce: NONCE,
    aud: AUD,
    now: NOW,
    certificates: city.certificates,
    ...overrides,
  })
const failed = ({ checks }: SdJwtVcVerdict) =>
  checks.filter(({ result }) => result === 'failed').map(({ check, code }) => `${check}: ${code}`)

/** Signs a presentation anew over whatever it now holds, as a holder who cheats would. */
async function rebind(
  sdPart: string,
  payload: Record<string, unknown> = {},
  header = { typ: 'kb+jwt' },
): Promise<string> {
  const sdHash = encodeBase64url(webCryptoPort.sha256(utf8(sdPart)))
  const claims = { iat: NOW, aud: AUD, nonce: NONCE, sd_hash: sdHash, ...payload }
  return sdPart + (await signJws(header, claims, city.holder.sign))
}

describe('a sound presentation', () => {
  it('passes every check and tells one fact and nothing else of the person', async () => {
    const anchor = { root: '0xab' }
    const verdict = await verify(await presentSdJwt(credential, [ADULT], binding({ extra: { anchor } })))
    expect(verdict.checks).toEqual(
      ['signature', 'certificate', 'holder_binding', 'validity', 'disclosures'].map((check) => ({
        check,
        result: 'passed',
      })),
    )
    const { claims, holder, issuer, kid, status, hash } = verdict.presented!
    const { iss, vct, iat, exp, cnf, status: _, ...personal } = claims
    expect(personal).toEqual({ age_equal_or_over: { '19': true } })
    expect(holder).toMatchObject({ anchor, iat: NOW, holderJwk: city.holder.publicJwk })
    expect({ issuer, kid }).toEqual({ issuer: ISSUER, kid: 'did:ethr:0x205a:0x01#key-1' })
    expect(status).toEqual({ idx: 7, uri: `${PUBLIC_URL}/status-lists/1` })
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('may carry what is not known: members of its key, its binding and its header', async () => {
    const { publicJwk } = city.holder
    const jwt = await signedByAgency(
      { cnf: { jwk: { ...publicJwk, use: 'sig', kid: 'k', alg: 'ES256' }, kid: 'x' }, sub: 'someone' },
      { cty: 'x' },
    )
    const verdict = await verify(await rebind(`${jwt}~`, { jti: 'a', exp: 1, transaction_data_hashes: 'x' }))
    expect(verdict.ok).toBe(true)
    expect(verdict.presented!.holder!.transactionData).toEqual({ hashes: 'x', algorithm: undefined })
  })

  it('may bind its key by the required members alone', async () => {
    const { kty, crv, x, y } = city.holder.publicJwk
    const jwt = await signedByAgency({ cnf: { jwk: { kty, crv, x, y } } })
    expect((await verify(await rebind(`${jwt}~`))).ok).toBe(true)
  })

  it('tells the authorities of its certificates', async () => {
    const { presented } = await verify(await presentSdJwt(credential, [], binding()))
    expect(presented!.certificate.authorityKeyIds).toEqual([await authorityKeyId(city.root.key)])
  })

  it('can disclose nothing at all', async () => {
    const verdict = await verify(await presentSdJwt(credential, [], binding()))
    expect(verdict.ok).toBe(true)
    expect(verdict.presented!.claims['age_equal_or_over']).toEqual({})
  })
})

describe('what was tampered with', () => {
  it('a claim changed in its disclosure is refused', async () => {
    const { jwt, disclosures } = parseSdJwt(credential)
    const minor = disclosures.find(({ path }) => path.join() === 'district_code')!
    const salt = JSON.parse(atob(minor.encoded.replaceAll('-', '+').replaceAll('_', '/')))[0]
    const forged = encodeBase64urlText(JSON.stringify([salt, 'district_code', '28110']))
    expect(failed(await verify(await rebind(`${jwt}~${forged}~`)))).toEqual([
      'disclosures: tampered_disclosure',
    ])
  })

  it('a disclosure of another credential is refused', async () => {
    const other = parseSdJwt((await city.issue()).credential)
    const { jwt } = parseSdJwt(credential)
    const foreign = other.disclosures[0]!.encoded
    expect(failed(await verify(await rebind(`${jwt}~${foreign}~`)))).toEqual([
      'disclosures: tampered_disclosure',
    ])
  })

  it('a disclosure given twice is refused', async () => {
    const { jwt, disclosures } = parseSdJwt(credential)
    const { encoded } = disclosures[0]!
    expect(failed(await verify(await rebind(`${jwt}~${encoded}~${encoded}~`)))).toEqual([
      'disclosures: tampered_disclosure',
    ])
  })

  it.each([
    ['repeats a claim', ['salt', 'vct', 'x']],
    ['hides a validity claim', ['salt', 'nbf', 1]],
    ['is called _sd', ['salt', '_sd', []]],
    ['is called ...', ['salt', '...', 'x']],
    ['is called __proto__', ['salt', '__proto__', { admin: true }]],
    ['stands for an array element', ['salt', 'x']],
    ['has four parts', ['salt', 'a', 'b', 'c']],
  ])('a signed disclosure that %s is refused', async (_, content) => {
    const encoded = encodeBase64urlText(JSON.stringify(content))
    const digest = encodeBase64url(webCryptoPort.sha256(utf8(encoded)))
    const jwt = await signedByAgency({ _sd: [digest] })
    expect(failed(await verify(await rebind(`${jwt}~${encoded}~`)))).toEqual([
      'disclosures: tampered_disclosure',
    ])
  })

  it('a digest that the signed part repeats is refused', async () => {
    const jwt = await signedByAgency({ _sd: ['abc'], more: { _sd: ['abc'] } })
    expect(failed(await verify(await rebind(`${jwt}~`)))).toEqual(['disclosures: tampered_disclosure'])
  })

  it('a digest of another hash algorithm is refused', async () => {
    const jwt = await signedByAgency({ _sd_alg: 'md5' })
    expect(failed(await verify(await rebind(`${jwt}~`)))).toEqual(['disclosures: tampered_disclosure'])
  })

  it('a changed payload does not match the signature', async () => {
    const { jwt } = parseSdJwt(credential)
    const [header, payload, signature] = jwt.split('.') as [string, string, string]
    const claims = { ...decodeSdJwt(credential).payload, exp: NOW + 999_999 }
    const forged = `${header}.${encodeBase64urlText(JSON.stringify(claims))}.${signature}`
    expect(payload).not.toBe('')
    expect(failed(await verify(await rebind(`${forged}~`)))).toEqual(['signature: invalid_signature'])
  })
})

describe('the signature', () => {
  it.each(['none', 'HS256', 'ES384', 'es256'])('of algorithm %s is refused', async (alg) => {
    const { jwt } = parseSdJwt(credential)
    const header = encodeBase64urlText(JSON.stringify({ alg, typ: 'dc+sd-jwt', x5c: [city.agency.base64] }))
    const forged = `${header}.${jwt.split('.')[1]}.${alg === 'none' ? '' : jwt.split('.')[2]}`
    expect(failed(await verify(await rebind(`${forged}~`)))).toEqual(['signature: invalid_signature'])
  })

  it('of a header that names another algorithm is refused, however well it matches', async () => {
    for (const alg of ['HS256', 'none', undefined]) {
      const jwt = await signedByAgency({}, { alg })
      expect(failed(await verify(await rebind(`${jwt}~`)))).toEqual(['signature: invalid_signature'])
    }
  })

  it.each(['JWT', 'vc+sd-jwt', 'statuslist+jwt', 'kb+jwt', undefined])(
    'of a token of typ %s is refused',
    async (typ) => {
      const jwt = await signedByAgency({}, { typ })
      expect(failed(await verify(await rebind(`${jwt}~`)))).toEqual(['signature: invalid_signature'])
    },
  )

  it('with a critical header that is not understood is refused', async () => {
    const jwt = await signedByAgency({}, { crit: ['b64'], b64: false })
    expect(failed(await verify(await rebind(`${jwt}~`)))).toEqual(['signature: invalid_signature'])
  })
})

describe('the certificate', () => {
  it("of an attacker's own making is refused, whatever it calls itself", async () => {
    const key = await createKey()
    const fakeRoot = await createCertificate({ key: await createKey(), commonName: 'Root', ca: true })
    const fake = await createCertificate({ key, commonName: 'Residents', issuer: fakeRoot, sanUri: ISSUER })
    for (const x5c of [[fake.base64], [fake.base64, fakeRoot.base64], [fake.base64, city.root.base64]]) {
      const { credential: forged } = await city.issue({ x5c, sign: key.sign })
      const verdict = await verify(await presentSdJwt(forged, [ADULT], binding()))
      expect(failed(verdict)).toEqual(['signature: invalid_signature', 'certificate: untrusted_certificate'])
      expect(verdict.refusal).toBe('untrusted_certificate')
      expect(verdict.presented).toBeUndefined()
    }
  })

  it('does not lend its name to another key', async () => {
    const { credential: forged } = await city.issue({ sign: (await createKey()).sign })
    expect(failed(await verify(await presentSdJwt(forged, [ADULT], binding())))).toEqual([
      'signature: invalid_signature',
    ])
  })

  it('of one agency does not cover the name of another', async () => {
    const { credential: forged } = await city.issue({ issuer: `${PUBLIC_URL}/issuers/veterans` })
    expect(failed(await verify(await presentSdJwt(forged, [ADULT], binding())))).toEqual([
      'certificate: untrusted_certificate',
    ])
  })

  it('that is missing is refused', async () => {
    const { credential: forged } = await city.issue({ x5c: [] })
    expect((await verify(await presentSdJwt(forged, [ADULT], binding()))).refusal).toBe(
      'untrusted_certificate',
    )
  })
})

describe('holder binding', () => {
  it('of another request is refused', async () => {
    const replayed = await presentSdJwt(credential, [ADULT], binding({ nonce: 'another' }))
    expect(failed(await verify(replayed))).toEqual(['holder_binding: nonce_mismatch'])
  })

  it('for another verifier is refused', async () => {
    const replayed = await presentSdJwt(credential, [ADULT], binding({ aud: 'x509_hash:other' }))
    expect(failed(await verify(replayed))).toEqual(['holder_binding: audience_mismatch'])
  })

  it.each([NOW - 31_536_000, NOW - 301, NOW + 61, NOW + 31_536_000])(
    'made at another time is refused (%i)',
    async (iat) => {
      const stale = await presentSdJwt(credential, [ADULT], binding({ iat }))
      expect(failed(await verify(stale))).toEqual(['holder_binding: holder_binding_invalid'])
    },
  )

  it('by another key is refused', async () => {
    const stolen = await presentSdJwt(credential, [ADULT], binding({ sign: (await createKey()).sign }))
    expect(failed(await verify(stolen))).toEqual(['holder_binding: holder_binding_invalid'])
  })

  it('that is missing is refused', async () => {
    const bare = (await presentSdJwt(credential, [ADULT], binding())).replace(/[^~]*$/, '')
    expect(failed(await verify(bare))).toEqual(['holder_binding: holder_binding_invalid'])
  })

  it('made over fewer disclosures is refused', async () => {
    const honest = await presentSdJwt(credential, [ADULT], binding())
    const extra = parseSdJwt(credential).disclosures.find(({ path }) => path.join() === 'name_ko')!
    const parts = honest.split('~')
    const widened = [parts[0], extra.encoded, ...parts.slice(1)].join('~')
    expect(failed(await verify(widened))).toEqual(['holder_binding: holder_binding_invalid'])
  })

  it('of another credential of the same holder is refused', async () => {
    const other = await presentSdJwt((await city.issue()).credential, [], binding())
    const spliced = `${decodeSdJwt(credential).jwt}~${other.slice(other.lastIndexOf('~') + 1)}`
    expect(failed(await verify(spliced))).toEqual(['holder_binding: holder_binding_invalid'])
  })

  it('by a token of another typ is refused', async () => {
    const { jwt } = decodeSdJwt(credential)
    const proof = await rebind(`${jwt}~`, {}, { typ: 'openid4vci-proof+jwt' })
    expect(failed(await verify(proof))).toEqual(['holder_binding: holder_binding_invalid'])
  })

  it('needs a key in the credential', async () => {
    const jwt = await signedByAgency({ cnf: undefined })
    expect(failed(await verify(await rebind(`${jwt}~`)))).toEqual(['holder_binding: holder_binding_invalid'])
  })
})

describe('validity', () => {
  const presented = async () => presentSdJwt(credential, [ADULT], binding())

  it('ends at exp, with a minute for clocks that differ', async () => {
    expect((await verify(await presented(), { now: NOW + 86_400 + 59, maxAgeSeconds: 100_000 })).ok).toBe(
      true,
    )
    const late = await verify(await presented(), { now: NOW + 86_400 + 60, maxAgeSeconds: 100_000 })
    expect(failed(late)).toEqual(['validity: credential_expired'])
  })

  it('begins at nbf', async () => {
    const { credential: early } = await city.issue({ nbf: NOW + 61 })
    expect(failed(await verify(await presentSdJwt(early, [ADULT], binding())))).toEqual([
      'validity: credential_not_yet_valid',
    ])
  })

  it('is not decided by something that is no number', async () => {
    const jwt = await signedByAgency({ exp: '9999999999' })
    expect(failed(await verify(await rebind(`${jwt}~`)))).toEqual(['validity: credential_expired'])
  })
})

describe('input that cannot be read', () => {
  it.each([
    ['empty', ''],
    ['no tilde', 'a.b.c'],
    ['not base64url', 'a!.b.c~'],
    ['too long', `${'a'.repeat(MAX_SD_JWT_LENGTH)}~`],
    ['too many parts', '~'.repeat(5000)],
    ['an array for a header', `${encodeBase64urlText('[]')}.${encodeBase64urlText('{}')}.~`],
  ])('is refused as malformed: %s', async (_, text) => {
    expect((await verify(text)).refusal).toBe('malformed_response')
  })

  it('includes repeated members, which two readers may read differently', async () => {
    const { jwt } = decodeSdJwt(credential)
    const [header, , signature] = jwt.split('.')
    for (const json of [
      '{"exp":1,"exp":2}',
      '{"a":{"b":1,"b":1}}',
      '{"a\\u0062":1,"ab":2}',
      '{"__proto__":{"vct":"x"}}',
    ]) {
      const verdict = await verify(`${header}.${encodeBase64urlText(json)}.${signature}~`)
      expect(verdict.refusal).toBe('malformed_response')
    }
  })

  it('includes nesting without end', async () => {
    const { jwt } = decodeSdJwt(credential)
    const [header, , signature] = jwt.split('.')
    const deep = `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
    expect((await verify(`${header}.${encodeBase64urlText(deep)}.${signature}~`)).refusal).toBe(
      'malformed_response',
    )
  })

  it('includes a nested disclosure without end', async () => {
    const { jwt } = decodeSdJwt(credential)
    const deep = encodeBase64urlText(`["salt","a",${'['.repeat(1000)}${']'.repeat(1000)}]`)
    expect(failed(await verify(await rebind(`${jwt}~${deep}~`)))).toEqual([
      'disclosures: tampered_disclosure',
    ])
  })
})

/** An issuer-signed JWT as the agency would make it, with changes. */
function signedByAgency(
  payload: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  const base = decodeSdJwt(credential)
  const { _sd, age_equal_or_over, ...rest } = base.payload
  return signJws({ ...base.header, ...header }, { ...rest, ...payload }, city.agency.key.sign)
}
