import { beforeAll, describe, expect, it } from 'vitest'
import { signJws } from '../encoding/jws.ts'
import { createCertificate, createKey, type TestCertificate } from '../testing/certificates.ts'
import { createTestCity, NOW, PUBLIC_URL, type TestCity } from '../testing/city.ts'
import { claimsBeyond } from './claims-beyond.ts'
import type { VerifierRegistration } from './registration.ts'
import { signVerifierRegistration } from './sign-registration.ts'
import { verifyVerifierRegistration } from './verify-registration.ts'

const AUTHORITY = `${PUBLIC_URL}/authority`
const registration: VerifierRegistration = {
  iss: AUTHORITY,
  sub: 'hash-of-the-library',
  purpose: { ko: '19세 이상인지 확인해요.', en: 'To check that you are 19 or older.' },
  credentials: [{ vct: 'resident', claims: [['age_equal_or_over', '19'], ['address']] }],
  iat: NOW,
  exp: NOW + 3600,
}
let city: TestCity
let authority: TestCertificate
beforeAll(async () => {
  city = await createTestCity()
  authority = await createCertificate({
    key: await createKey(),
    commonName: 'Authority',
    issuer: city.root,
    sanUri: AUTHORITY,
  })
})
const sign = (by: TestCertificate, changes: Partial<VerifierRegistration> = {}) =>
  signVerifierRegistration({ ...registration, ...changes }, { x5c: [by.base64], sign: by.key.sign })
const verify = (jwt: string, now = NOW) =>
  verifyVerifierRegistration(jwt, {
    verifierX509Hash: 'hash-of-the-library',
    authority: AUTHORITY,
    now,
    certificates: city.certificates,
  })

describe('a registration', () => {
  it("of the city's authority tells the purpose and the claims", async () => {
    expect(await verify(await sign(authority))).toEqual(registration)
  })

  it('cannot be made by one who only holds a certificate of the city', async () => {
    const { agency } = city
    for (const iss of [AUTHORITY, `${PUBLIC_URL}/issuers/residents`]) {
      await expect(verify(await sign(agency, { iss }))).rejects.toMatchObject({
        code: 'invalid_registration',
      })
    }
  })

  it('is for one verifier, for a time', async () => {
    await expect(verify(await sign(authority, { sub: 'another' }))).rejects.toMatchObject({
      code: 'invalid_registration',
    })
    await expect(verify(await sign(authority), NOW + 3600)).rejects.toMatchObject({
      code: 'invalid_registration',
    })
    await expect(verify(await sign(authority), NOW - 3600)).rejects.toMatchObject({
      code: 'invalid_registration',
    })
  })

  it('of a stranger, forged, of another kind or unreadable is refused', async () => {
    const stranger = await createCertificate({
      key: await createKey(),
      commonName: 'Authority',
      sanUri: AUTHORITY,
    })
    await expect(verify(await sign(stranger))).rejects.toMatchObject({ code: 'untrusted_certificate' })
    const forged = await signVerifierRegistration(registration, {
      x5c: [authority.base64],
      sign: stranger.key.sign,
    })
    const other = await signJws({ typ: 'JWT', x5c: [authority.base64] }, registration, authority.key.sign)
    for (const jwt of [forged, other, '', 'a.b.c', 'x'.repeat(40_000)]) {
      await expect(verify(jwt)).rejects.toMatchObject({ code: 'invalid_registration' })
    }
  })
})

describe('claims beyond a registration', () => {
  const asking = (vct: string, ...paths: Array<Array<string | number | null>>) => ({
    credentials: [{ meta: { vct_values: [vct] }, claims: paths.map((path) => ({ path })) }],
  })

  it('are none when the query keeps to it, parts of a registered group included', () => {
    expect(
      claimsBeyond(asking('resident', ['age_equal_or_over', '19'], ['address', 'street']), registration),
    ).toEqual([])
  })

  it('are those not registered, a whole group where a member is registered included', () => {
    const query = asking('resident', ['age_equal_or_over', '19'], ['birth_date'], ['age_equal_or_over'])
    expect(claimsBeyond(query, registration)).toEqual([['birth_date'], ['age_equal_or_over']])
  })

  it('are all of them for another type, or without a registration', () => {
    const query = asking('veteran', ['age_equal_or_over', '19'])
    expect(claimsBeyond(query, registration)).toEqual([['age_equal_or_over', '19']])
    expect(claimsBeyond(asking('resident', ['age_equal_or_over', '19']), undefined)).toEqual([
      ['age_equal_or_over', '19'],
    ])
    expect(claimsBeyond(asking('veteran'), registration)).toEqual([[]])
    expect(claimsBeyond({ credentials: [{ claims: [{ path: ['x'] }] }] }, registration)).toEqual([['x']])
  })

  it('count when one of several acceptable types is not registered', () => {
    const query = {
      credentials: [{ meta: { vct_values: ['resident', 'veteran'] }, claims: [{ path: ['address'] }] }],
    }
    expect(claimsBeyond(query, registration)).toEqual([['address']])
  })
})
