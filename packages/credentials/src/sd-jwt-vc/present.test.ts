import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTestCity, NOW, type TestCity } from '../testing/city.ts'
import type { ClaimPath } from './claim-path.ts'
import { hashOfCredential } from './hash.ts'
import { decodeSdJwt, parseSdJwt } from './parse.ts'
import { presentSdJwt } from './present.ts'

const PATHS: ClaimPath[] = [
  ['name_ko'],
  ['name_en'],
  ['birth_date'],
  ['district_code'],
  ['district_name'],
  ['neighbourhood_code'],
  ['neighbourhood_name'],
  ['resident_since'],
  ['age_equal_or_over', '14'],
  ['age_equal_or_over', '19'],
  ['age_equal_or_over', '65'],
]
let city: TestCity
let credential: string
let hash: string
beforeAll(async () => {
  city = await createTestCity()
  ;({ credential, hash } = await city.issue())
})
const kb = () => ({ nonce: 'n', aud: 'a', iat: NOW, sign: city.holder.sign })

describe('an issued resident credential', () => {
  it('hides every personal claim, and each age flag by itself', () => {
    const { payload, disclosures } = parseSdJwt(credential)
    expect(disclosures.map(({ path }) => path.join()).sort()).toEqual(PATHS.map((path) => path.join()).sort())
    expect(Object.keys(payload).sort()).toEqual(
      ['_sd', '_sd_alg', 'age_equal_or_over', 'cnf', 'exp', 'iat', 'iss', 'status', 'vct'].sort(),
    )
    expect(Object.keys(payload['age_equal_or_over'] as object)).toEqual(['_sd'])
  })

  it('uses each salt once, of 128 bits', async () => {
    const salts = [credential, (await city.issue()).credential]
      .flatMap((one) => parseSdJwt(one).disclosures)
      .map(({ encoded }) => JSON.parse(Buffer.from(encoded, 'base64url').toString())[0])
    expect(new Set(salts).size).toBe(2 * PATHS.length)
    for (const salt of salts) expect(Buffer.from(salt, 'base64url')).toHaveLength(16)
  })

  it('has the same hash alone, with disclosures and as a presentation', async () => {
    const { jwt } = parseSdJwt(credential)
    const presentation = await presentSdJwt(credential, [], kb())
    for (const form of [jwt, credential, presentation]) expect(hashOfCredential(form)).toBe(hash)
  })

  it('of a type that uses a name of the protocol is not made', async () => {
    await expect(city.issue({ claims: { exp: 1 } })).rejects.toMatchObject({ code: 'invalid_type' })
  })
})

describe('a presentation', () => {
  it('discloses what was chosen and nothing else, for every choice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(PATHS), async (chosen) => {
        const { disclosures } = parseSdJwt(await presentSdJwt(credential, chosen, kb()))
        expect(disclosures.map(({ path }) => path.join()).sort()).toEqual(
          chosen.map((path) => path.join()).sort(),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('of a group discloses its members', async () => {
    const { claims } = parseSdJwt(await presentSdJwt(credential, [['age_equal_or_over']], kb()))
    expect(claims['age_equal_or_over']).toEqual({ '14': true, '19': true, '65': false })
  })

  it.each([
    [['nickname']],
    [['age_equal_or_over', '21']],
    [['name_ko', 'first']],
    [[]],
    [['__proto__']],
    [['constructor']],
  ])('of a claim that is not there (%j) is not made', async (path) => {
    await expect(presentSdJwt(credential, [path], kb())).rejects.toMatchObject({ code: 'unknown_claim' })
  })

  it('names the transactions that it authorises by the hash of each as it was sent, and none otherwise', async () => {
    const transactionData = ['eyJ0eXBlIjoiYSJ9', 'eyJ0eXBlIjoiYiJ9']
    const kbOf = async (options: object) =>
      decodeSdJwt(await presentSdJwt(credential, [], { ...kb(), ...options })).kbJwt?.payload
    expect(await kbOf({ transactionData })).toMatchObject({
      transaction_data_hashes: transactionData.map((text) =>
        createHash('sha256').update(text).digest('base64url'),
      ),
      transaction_data_hashes_alg: 'sha-256',
    })
    for (const none of [{}, { transactionData: [] }])
      expect(Object.keys((await kbOf(none)) ?? {}).sort()).toEqual(['aud', 'iat', 'nonce', 'sd_hash'])
  })

  it('does not let further claims replace those of the binding', async () => {
    await expect(presentSdJwt(credential, [], { ...kb(), extra: { nonce: 'x' } })).rejects.toThrow(TypeError)
  })
})
