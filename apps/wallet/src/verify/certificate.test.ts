import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { type CertificateKey, checkCertificate, jwsIn } from './certificate.ts'

const AGENCY = {
  id: 'volunteer-centre',
  name: { ko: '인천광역시자원봉사센터', en: 'Incheon Volunteer Centre' },
}
const SAID = {
  certificateNo: '2026-000123',
  name: '김인천',
  activity: { ko: '해변 쓰레기 줍기', en: 'Beach clean-up' },
  organisation: '바다지킴이',
  date: '2026-11-28',
  minutes: 180,
  school: true,
  iat: Date.parse('2026-11-29T01:00:00Z') / 1000,
}
const HEADER = { alg: 'ES256', typ: 'volunteer-certificate+jwt', kid: 'did:ethr:0x1#key-1' }

let pair: CryptoKeyPair
let key: CertificateKey
beforeAll(async () => {
  pair = await generateKeyPair('ES256', { extractable: true })
  key = {
    kid: HEADER.kid,
    agency: AGENCY,
    jwk: await exportJWK(pair.publicKey),
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: null,
  }
})

const sign = (said: object = SAID, header: object = HEADER, by: CryptoKey = pair.privateKey) =>
  new CompactSign(new TextEncoder().encode(JSON.stringify(said)))
    .setProtectedHeader({ ...HEADER, ...header })
    .sign(by)

describe('a certificate', () => {
  it('that an agency signed is genuine, and says what it was signed for', async () => {
    const { iat, ...facts } = SAID
    expect(await checkCertificate(await sign(), [key])).toEqual({
      state: 'genuine',
      facts: { ...facts, issuedAt: iat * 1000 },
      agency: AGENCY.name,
    })
  })

  it('is found in the address of its code, and in one that a mail broke over lines', async () => {
    const jws = await sign()
    const address = `https://pass.example/wallet/verify#${jws}`
    expect(jwsIn(address)).toBe(jws)
    const broken = `${address.slice(0, 60)}\r\n ${address.slice(60)}\n`
    expect(await checkCertificate(broken, [key])).toMatchObject({ state: 'genuine' })
  })

  it('with one more hour written in is altered', async () => {
    const [header, , signature] = (await sign()).split('.')
    const more = Buffer.from(JSON.stringify({ ...SAID, minutes: 240 })).toString('base64url')
    expect(await checkCertificate(`${header}.${more}.${signature}`, [key])).toEqual({ state: 'altered' })
  })

  it('signed by somebody else under the agency’s name is altered', async () => {
    const other = await generateKeyPair('ES256')
    expect(await checkCertificate(await sign(SAID, {}, other.privateKey), [key])).toEqual({
      state: 'altered',
    })
  })

  it('with a key that is not on the list is of an unknown key', async () => {
    expect(await checkCertificate(await sign(SAID, { kid: 'did:ethr:0x2#key-1' }), [key])).toEqual({
      state: 'unknown_key',
    })
    expect(await checkCertificate(await sign(), [])).toEqual({ state: 'unknown_key' })
  })

  it('made out after its key had ended does not count; before that it still does', async () => {
    const ended = (validUntil: string) => ({ ...key, validUntil })
    expect(await checkCertificate(await sign(), [ended('2026-11-29T00:59:59.000Z')])).toEqual({
      state: 'key_not_valid',
      agency: AGENCY.name,
    })
    expect(await checkCertificate(await sign(), [ended('2026-11-29T01:00:00.000Z')])).toMatchObject({
      state: 'genuine',
    })
  })

  it('made out before its key began does not count', async () => {
    const later = { ...key, validFrom: '2026-11-29T01:05:00.000Z' }
    expect(await checkCertificate(await sign(), [later])).toMatchObject({ state: 'key_not_valid' })
  })
})

describe('what is no certificate', () => {
  it.each([['payment', { typ: 'dpop+jwt' }]])('is told from one: a %s', async (_, header) => {
    expect(await checkCertificate(await sign(SAID, header), [key])).toEqual({ state: 'unreadable' })
  })

  it('is a statement without a signature', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const none = `${part({ ...HEADER, alg: 'none' })}.${part(SAID)}.AAAA`
    expect(await checkCertificate(none, [key])).toEqual({ state: 'unreadable' })
  })

  it.each(Object.keys(SAID))('is one that leaves out: %s', async (left) => {
    const said = Object.fromEntries(Object.entries(SAID).filter(([name]) => name !== left))
    expect(await checkCertificate(await sign(said), [key])).toEqual({ state: 'unreadable' })
  })

  it.each([[''], ['hello'], ['https://pass.example/wallet/verify'], ['a.b.c'], ['#a.b']])(
    'is any other text: %j',
    async (text) => {
      expect(await checkCertificate(text, [key])).toEqual({ state: 'unreadable' })
    },
  )
})
