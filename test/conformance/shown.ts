import { compactVerify, importJWK } from 'jose'
import { expect } from 'vitest'
import { decode, type Json, now, read, sha256 } from './jose.ts'

/**
 * Looks at one presentation as a strict verifier would (RFC 9901 section 7.3) and gives what was disclosed, by name.
 * Fails the test where the holder's proof is not what the profile asks for.
 */
export async function shown(
  presentation: string,
  { aud, nonce }: { aud: string; nonce: string },
): Promise<Json> {
  const end = presentation.lastIndexOf('~') + 1
  const [sdPart, proof] = [presentation.slice(0, end), presentation.slice(end)]
  const [jwt = '', ...encoded] = sdPart.slice(0, -1).split('~')
  const { payload } = read(jwt)
  const { header, payload: claims } = read(proof)
  await compactVerify(proof, await importJWK(payload.cnf.jwk, 'ES256'))
  expect(header).toEqual({ typ: 'kb+jwt', alg: 'ES256' })
  expect(claims).toEqual({ iat: expect.any(Number), aud, nonce, sd_hash: sha256(sdPart) })
  expect(Math.abs(claims.iat - now())).toBeLessThan(300)
  const disclosures: [string, string, unknown][] = encoded.map(decode)
  for (const disclosure of encoded) expect(payload._sd).toContain(sha256(disclosure))
  return Object.fromEntries(disclosures.map(([, name, value]) => [name, value]))
}
