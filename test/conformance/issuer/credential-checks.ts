import { createHash, X509Certificate } from 'node:crypto'
import { compactVerify } from 'jose'
import { expect } from 'vitest'
import { send } from '../http.ts'
import { decode, type Json, type Key, now, read } from '../jose.ts'

/** A chain that ends in the city's root without naming it, under a leaf that did not sign itself (HAIP 1.0 section 6.1.1). */
async function expectCertified(jwt: string, origin: string): Promise<void> {
  const { body } = await send(`${origin}/api/trust`)
  const root = new X509Certificate(Buffer.from(body.rootCertificates[0], 'base64'))
  const chain: X509Certificate[] = read(jwt).header.x5c.map(
    (der: string) => new X509Certificate(Buffer.from(der, 'base64')),
  )
  expect(chain.map(({ fingerprint256 }) => fingerprint256)).not.toContain(root.fingerprint256)
  expect(chain[0]?.issuer).not.toBe(chain[0]?.subject)
  const signers = [...chain.slice(1), root]
  for (const [i, certificate] of chain.entries())
    expect(certificate.verify(signers[i]?.publicKey as never)).toBe(true)
  await compactVerify(jwt, chain[0]?.publicKey as never)
}

/** What the suite looks at in each credential it is given. */
export async function expectSound(
  credential: string,
  { key, vct, origin }: { key: Key; vct: string; origin: string },
) {
  const [jwt = '', ...disclosures] = credential.split('~').slice(0, -1)
  const { header, payload } = read(jwt)
  expect(header).toMatchObject({ typ: 'dc+sd-jwt', alg: 'ES256' })
  await expectCertified(jwt, origin)
  expect(payload.vct).toBe(vct)
  expect(payload.cnf).toEqual({ jwk: key.jwk })
  if (payload.iat !== undefined) expect(payload.iat).toBeLessThanOrEqual(now() + 300)
  expect(payload.exp).toBeGreaterThan(now())
  const salts = disclosures.map((disclosure) => decode(disclosure)[0])
  expect(new Set(salts).size).toBe(salts.length)
  await expectStatus(payload.status.status_list, origin)
  await expectTypeMetadata(payload)
}

async function expectStatus({ uri }: { uri: string }, origin: string): Promise<void> {
  const answer = await send(uri, { headers: { accept: 'application/statuslist+jwt' } })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('application/statuslist+jwt')
  const { header, payload } = read(answer.text)
  expect(header.typ).toBe('statuslist+jwt')
  expect(payload.sub).toBe(uri)
  await expectCertified(answer.text, origin)
}

async function expectTypeMetadata(payload: Json): Promise<void> {
  const answer = await send(payload.vct)
  expect(answer.status).toBe(200)
  expect(answer.body.vct).toBe(payload.vct)
  const integrity = payload['vct#integrity']
  if (integrity !== undefined)
    expect(integrity).toBe(`sha256-${createHash('sha256').update(answer.text).digest('base64')}`)
}

/** What a verifier could tell two copies of one batch apart, or together, by. */
export function expectUnlinkable(credentials: string[]): void {
  const payloads = credentials.map((credential) => read(credential).payload)
  for (const name of ['iat', 'nbf', 'exp']) {
    const times = payloads.flatMap((payload) =>
      payload[name] === undefined ? [] : [payload[name] as number],
    )
    const rounded = times.every((time) => time % 3600 === 0 || (time + 1) % 3600 === 0)
    const spread = Math.max(...times) - Math.min(...times) > 120
    expect(times.length === 0 || rounded || spread, `${name} ${times}`).toBe(true)
  }
  const places = payloads.map(({ status }) => status.status_list)
  expect(new Set(places.map(({ uri, idx }) => `${uri} ${idx}`)).size).toBe(places.length)
  expect(new Set(places.map(({ uri }) => uri)).size).toBe(1)
  const sorted = places.map(({ idx }) => idx as number).sort((a, b) => a - b)
  const steps = new Set(sorted.slice(1).map((idx, i) => idx - (sorted[i] ?? 0)))
  expect(steps.size).toBeGreaterThan(1)
  const salts = credentials.flatMap((credential) =>
    credential
      .split('~')
      .slice(1, -1)
      .map((disclosure) => decode(disclosure)[0]),
  )
  expect(new Set(salts).size).toBe(salts.length)
  const datasets = credentials.map((credential) =>
    credential
      .split('~')
      .slice(1, -1)
      .map((disclosure) => JSON.stringify(decode(disclosure).slice(1)))
      .filter((claim) => !claim.includes('_sd'))
      .sort()
      .join(),
  )
  expect(new Set(datasets).size).toBe(1)
}
