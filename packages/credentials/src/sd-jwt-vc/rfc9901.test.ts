import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type PublicJwk, webCryptoPort } from '../crypto-port.ts'
import { encodeBase64url, utf8 } from '../encoding/base64url.ts'
import type { JsonObject } from '../encoding/strict-json.ts'
import { decodeSdJwt, parseSdJwt } from './parse.ts'
import { resolveDisclosures } from './resolve-disclosures.ts'
import { verifySdJwtVc } from './verify.ts'
import { verifyHolderBinding } from './verify-holder-binding.ts'
import { verifyIssuerSignature } from './verify-issuer-signature.ts'

type Published = { digest: string; encoded: string }
type Example = {
  input: JsonObject
  payload: JsonObject
  disclosures: Published[]
  /** As the issuer hands it out. Two examples print only a presentation. */
  issued?: string
  presentation: string
  keyBinding?: { nonce: string; aud: string; iat: number; sd_hash: string }
  processed: JsonObject
}

// The published examples of RFC 9901; `source` in the file says where they come from.
const vectors = JSON.parse(readFileSync(new URL('./rfc9901.json', import.meta.url), 'utf8')) as {
  issuerKey: PublicJwk
  examples: Record<string, Example>
  structures: Record<string, { payload: JsonObject; disclosures: Published[] }> & { claims: JsonObject }
  encodings: { digest: string; variants: string[] }
}
const { sha256, verifyEs256 } = webCryptoPort
const examples = Object.entries(vectors.examples)
const example = (section: string) => vectors.examples[section] as Example
const issuedOf = ({ issued, presentation, disclosures }: Example) =>
  issued ?? [decodeSdJwt(presentation).jwt, ...disclosures.map(({ encoded }) => encoded), ''].join('~')

describe.each(examples)('RFC 9901, example of section %s', (_section, vector) => {
  test('the issuer-signed JWT verifies with the published key and has the published payload', async () => {
    for (const compact of [issuedOf(vector), vector.presentation]) {
      const { issuerJws, payload } = decodeSdJwt(compact)
      expect(payload).toEqual(vector.payload)
      expect(await verifyEs256(vectors.issuerKey, issuerJws.signingInput, issuerJws.signature)).toBe(true)
      const forged = issuerJws.signingInput.map((byte, i) => (i === 40 ? byte ^ 1 : byte))
      expect(await verifyEs256(vectors.issuerKey, forged, issuerJws.signature)).toBe(false)
    }
  })

  test('every disclosure has the published digest and finds its place; together they are the input', () => {
    const { claims, disclosures } = parseSdJwt(issuedOf(vector))
    expect(new Set(disclosures.map(({ encoded, digest }) => `${digest} ${encoded}`))).toEqual(
      new Set(vector.disclosures.map(({ encoded, digest }) => `${digest} ${encoded}`)),
    )
    // What the issuer adds to its input is in the clear.
    const { iss, iat, exp, cnf } = vector.payload
    expect(claims).toEqual({ ...vector.input, iss, iat, exp, cnf })
  })

  test('the presentation resolves to the published processed payload', () => {
    expect(parseSdJwt(vector.presentation).claims).toEqual(vector.processed)
  })

  test('a strange disclosure beside them is refused, and one given twice', () => {
    const { jwt, encodedDisclosures } = decodeSdJwt(issuedOf(vector))
    const foreign = 'WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0'
    const refused = expect.objectContaining({ code: 'tampered_disclosure' })
    expect(() => parseSdJwt([jwt, ...encodedDisclosures, foreign, ''].join('~'))).toThrow(refused)
    expect(() => parseSdJwt([jwt, ...encodedDisclosures, encodedDisclosures[0], ''].join('~'))).toThrow(
      refused,
    )
  })
})

describe('RFC 9901, key binding', () => {
  test.each(['5', 'A.3'])(
    'the proof of section %s verifies, for its nonce, audience and minute alone',
    async (section) => {
      const { presentation, keyBinding, payload } = example(section)
      if (!keyBinding) throw new Error('no key binding is published for this example')
      const { nonce, aud, iat } = keyBinding
      const sdJwt = decodeSdJwt(presentation)
      expect(sdJwt.kbJwt?.payload).toEqual(keyBinding)
      expect(encodeBase64url(sha256(utf8(sdJwt.sdPart)))).toBe(keyBinding.sd_hash)
      const verify = (change: object) =>
        verifyHolderBinding(sdJwt, { nonce, aud, now: iat, ...change }, webCryptoPort)
      expect(await verify({})).toEqual({ holderJwk: (payload['cnf'] as { jwk: PublicJwk }).jwk, iat })
      await expect(verify({ nonce: '1234567891' })).rejects.toMatchObject({ code: 'nonce_mismatch' })
      await expect(verify({ aud: 'https://other.example.org' })).rejects.toMatchObject({
        code: 'audience_mismatch',
      })
      await expect(verify({ now: iat + 301 })).rejects.toMatchObject({ code: 'holder_binding_invalid' })
      await expect(verify({ now: iat - 61 })).rejects.toMatchObject({ code: 'holder_binding_invalid' })
    },
  )

  test('a disclosure taken away after the proof was signed breaks sd_hash', async () => {
    const { presentation, keyBinding } = example('5')
    const parts = presentation.split('~')
    const fewer = decodeSdJwt([parts[0], ...parts.slice(2)].join('~'))
    await expect(
      verifyHolderBinding(
        fewer,
        { nonce: '1234567890', aud: 'https://verifier.example.org', now: keyBinding?.iat ?? 0 },
        webCryptoPort,
      ),
    ).rejects.toMatchObject({ code: 'holder_binding_invalid' })
  })
})

describe('RFC 9901, structures of section 6 and encodings of section 4.2', () => {
  const { claims, ...structures } = vectors.structures
  test.each(Object.entries(structures))(
    '%s resolves to the same claims',
    (_section, { payload, disclosures }) => {
      const encodedDisclosures = disclosures.map(({ encoded }) => encoded)
      const resolved = resolveDisclosures({ payload, encodedDisclosures }, sha256)
      expect(resolved.claims).toEqual(claims)
      expect(new Set(resolved.disclosures.map(({ digest }) => digest))).toEqual(
        new Set(disclosures.map(({ digest }) => digest)),
      )
    },
  )

  test('what hangs on a disclosure that was not given is refused (section 4.2.6)', () => {
    const { payload, disclosures } = structures['6.3'] as { payload: JsonObject; disclosures: Published[] }
    const withoutParent = disclosures.slice(0, -1).map(({ encoded }) => encoded)
    expect(() => resolveDisclosures({ payload, encodedDisclosures: withoutParent }, sha256)).toThrow(
      expect.objectContaining({ code: 'tampered_disclosure' }),
    )
  })

  test('each way to write a disclosure says the same, and only the one that was signed has the digest', () => {
    const { digest, variants } = vectors.encodings
    const digests = variants.map((encoded) => encodeBase64url(sha256(utf8(encoded))))
    expect(digests[0]).toBe(digest)
    expect(new Set(digests).size).toBe(variants.length)
    for (const [i, encoded] of variants.entries()) {
      const payload = { _sd: [digests[i]] }
      expect(resolveDisclosures({ payload, encodedDisclosures: [encoded] }, sha256).claims).toEqual({
        family_name: 'Möbius',
      })
    }
  })
})

describe('what our profile refuses of these examples, on purpose', () => {
  test.each(['5', 'A.1', 'A.2', 'A.4'])('section %s: any type but dc+sd-jwt', async (section) => {
    await expect(
      verifyIssuerSignature(decodeSdJwt(issuedOf(example(section))), vectors.issuerKey, webCryptoPort),
    ).rejects.toMatchObject({ code: 'invalid_signature' })
  })

  test('section A.3 is a dc+sd-jwt: its signature passes, yet without x5c nobody vouches for the key (HAIP 6.1.1)', async () => {
    const { presentation, keyBinding } = example('A.3')
    await verifyIssuerSignature(decodeSdJwt(presentation), vectors.issuerKey, webCryptoPort)
    const { nonce = '', aud = '', iat = 0 } = keyBinding ?? {}
    const verdict = await verifySdJwtVc(presentation, {
      nonce,
      aud,
      now: iat,
      certificates: async (x5c) => {
        expect(x5c).toBeUndefined()
        throw new Error('no certificate')
      },
    })
    expect(verdict.ok).toBe(false)
    expect(verdict.checks.filter(({ result }) => result === 'passed').map(({ check }) => check)).toEqual([
      'holder_binding',
      'validity',
      'disclosures',
    ])
  })
})
