import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { signJws } from '../encoding/jws.ts'
import { createCertificate, createKey } from '../testing/certificates.ts'
import { createTestCity, ISSUER, NOW, PUBLIC_URL, type TestCity } from '../testing/city.ts'
import { createStatusBitmap, getStatus, STATUS, type StatusBits, setStatus } from './bitmap.ts'
import { decodeStatusList, encodeStatusList } from './encode.ts'
import { signStatusListToken } from './sign-status-list-token.ts'
import { verifyStatusListToken } from './verify-status-list-token.ts'

/** Token Status List sections 4.1 and 4.2. */
const VECTORS: Array<{ bits: StatusBits; statuses: number[]; bytes: number[]; lst: string }> = [
  {
    bits: 1,
    statuses: [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1],
    bytes: [0xb9, 0xa3],
    lst: 'eNrbuRgAAhcBXQ',
  },
  {
    bits: 2,
    statuses: [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3],
    bytes: [0xc9, 0x44, 0xf9],
    lst: 'eNo76fITAAPfAgc',
  },
]

describe.each(VECTORS)("the specification's list of $bits bits", ({ bits, statuses, bytes, lst }) => {
  it('has the bytes of the specification', () => {
    const bitmap = createStatusBitmap(statuses.length, bits)
    for (const [index, status] of statuses.entries()) setStatus(bitmap, bits, index, status)
    expect([...bitmap]).toEqual(bytes)
  })

  it('is unpacked and read', async () => {
    const bitmap = await decodeStatusList(lst)
    expect([...bitmap]).toEqual(bytes)
    expect(statuses.map((_, index) => getStatus(bitmap, bits, index))).toEqual(statuses)
  })

  it('comes back after packing', async () => {
    expect([...(await decodeStatusList(await encodeStatusList(Uint8Array.from(bytes))))]).toEqual(bytes)
  })
})

describe('a bitmap', () => {
  it('changes one entry and no other', () => {
    const change = fc.record({ index: fc.nat(99), status: fc.nat(3) })
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const bitmap = createStatusBitmap(100, 2)
        const model = new Array<number>(100).fill(0)
        for (const { index, status } of changes) {
          setStatus(bitmap, 2, index, status)
          model[index] = status
        }
        expect(model.map((_, index) => getStatus(bitmap, 2, index))).toEqual(model)
      }),
    )
  })

  it('has no entry outside it, and takes no status that does not fit', () => {
    const bitmap = createStatusBitmap(8, 1)
    for (const index of [-1, 8, 1.5, Number.NaN]) {
      expect(() => getStatus(bitmap, 1, index)).toThrow(RangeError)
      expect(() => setStatus(bitmap, 1, index, 1)).toThrow(RangeError)
    }
    expect(() => setStatus(bitmap, 1, 0, STATUS.suspended)).toThrow(RangeError)
  })
})

describe('unpacking', () => {
  it('stops at the size allowed, whatever a small token would grow into', async () => {
    const bomb = await encodeStatusList(new Uint8Array(5_000_000))
    expect(bomb.length).toBeLessThan(10_000)
    await expect(decodeStatusList(bomb)).rejects.toMatchObject({ code: 'invalid_status_list' })
  })

  it.each(['', '!!', 'AAAA', 'eNrbuRgAAhcBX'])('refuses %o', async (lst) => {
    await expect(decodeStatusList(lst)).rejects.toMatchObject({ code: 'invalid_status_list' })
  })
})

describe('a status list token', () => {
  const uri = `${PUBLIC_URL}/status-lists/1`
  let city: TestCity
  beforeAll(async () => {
    city = await createTestCity()
  })
  const sign = (overrides: Partial<Parameters<typeof signStatusListToken>[0]> = {}) => {
    const bitmap = createStatusBitmap(1000, 2)
    setStatus(bitmap, 2, 7, STATUS.suspended)
    const x5c = [city.agency.base64]
    return signStatusListToken({
      bitmap,
      bits: 2,
      uri,
      iat: NOW,
      exp: NOW + 600,
      ttl: 60,
      x5c,
      sign: city.agency.key.sign,
      ...overrides,
    })
  }
  const verify = (token: string, now = NOW) =>
    verifyStatusListToken(token, { uri, issuer: ISSUER, now, certificates: city.certificates })

  it('tells the status of each credential, and how long it may be kept', async () => {
    const { bitmap, bits, ttl, exp, hash } = await verify(await sign())
    expect([getStatus(bitmap, bits, 7), getStatus(bitmap, bits, 8)]).toEqual([STATUS.suspended, STATUS.valid])
    expect({ ttl, exp }).toEqual({ ttl: 60, exp: NOW + 600 })
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('is refused after exp, and before its time', async () => {
    const token = await sign()
    await expect(verify(token, NOW + 600)).rejects.toMatchObject({ code: 'invalid_status_list' })
    await expect(verify(token, NOW - 120)).rejects.toMatchObject({ code: 'invalid_status_list' })
  })

  it('of another address is refused, so that lists cannot be exchanged', async () => {
    const token = await sign({ uri: `${PUBLIC_URL}/status-lists/2` })
    await expect(verify(token)).rejects.toMatchObject({ code: 'invalid_status_list' })
  })

  it('of another agency of the same city is refused', async () => {
    const key = await createKey()
    const sanUri = `${PUBLIC_URL}/issuers/veterans`
    const other = await createCertificate({ key, commonName: 'Veterans', issuer: city.root, sanUri })
    const token = await sign({ x5c: [other.base64], sign: key.sign })
    await expect(verify(token)).rejects.toMatchObject({ code: 'invalid_status_list' })
  })

  it('of a stranger is refused', async () => {
    const key = await createKey()
    const self = await createCertificate({ key, commonName: 'Residents', sanUri: ISSUER })
    await expect(verify(await sign({ x5c: [self.base64], sign: key.sign }))).rejects.toMatchObject({
      code: 'untrusted_certificate',
    })
    await expect(verify(await sign({ sign: key.sign }))).rejects.toMatchObject({
      code: 'invalid_status_list',
    })
  })

  it('is no other kind of token', async () => {
    const payload = { sub: uri, iat: NOW, status_list: { bits: 2, lst: 'eNo76fITAAPfAgc' } }
    const header = { typ: 'dc+sd-jwt', x5c: [city.agency.base64] }
    const token = await signJws(header, payload, city.agency.key.sign)
    await expect(verify(token)).rejects.toMatchObject({ code: 'invalid_status_list' })
  })
})
