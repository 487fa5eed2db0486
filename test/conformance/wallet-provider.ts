import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificate } from './certificates.ts'
import { type Json, jws, type Key, newKey, now } from './jose.ts'

/** A wallet provider of the tests' own: the city is told to trust its root by WALLET_PROVIDERS. */
export type TestProvider = {
  issuer: string
  /** Base64 DER. */
  rootCertificate: string
  /** What it signs with, for those who bring their own code to. */
  signer: { key: Key; x5c: string[] }
  /** Path for the city's WALLET_PROVIDERS. */
  file: string
  /** A client attestation for `key` (Attestation-Based Client Authentication section 5.1). */
  attest(key: Pick<Key, 'jwk'>, options?: Overrides): string
  /** A key attestation over `keys` (OpenID4VCI 1.0 appendix D). */
  attestKeys(keys: Pick<Key, 'jwk'>[], nonce: string | undefined, options?: Overrides): string
  remove(): void
}

/** Members to put in place of the right ones; `undefined` leaves one out. */
export type Overrides = { header?: Json; claims?: Json }

export const CLIENT_ID = 'https://wallet.example/main'
export const OTHER_CLIENT_ID = 'https://wallet.example/other'

export async function createTestProvider(): Promise<TestProvider> {
  const issuer = 'https://wallet.example/provider'
  const rootKey = await newKey()
  const key = await newKey()
  const root = await certificate({ name: 'Test Wallet Root', key: rootKey, ca: true })
  const leaf = await certificate({ name: 'Test Wallet Provider', key, issuer: root, uri: issuer })
  const folder = mkdtempSync(join(tmpdir(), 'pass-provider-'))
  const file = join(folder, 'wallet-providers.json')
  const providers = [
    {
      id: 'test-wallets',
      name: { ko: '시험 지갑', en: 'Test Wallet' },
      clientIds: [CLIENT_ID, OTHER_CLIENT_ID],
      rootCertificates: [root.base64],
      sanUri: issuer,
    },
  ]
  writeFileSync(file, JSON.stringify(providers))
  return {
    issuer,
    rootCertificate: root.base64,
    signer: { key, x5c: [leaf.base64] },
    file,
    attest: (attested, { header, claims } = {}) =>
      jws(
        { typ: 'oauth-client-attestation+jwt', x5c: [leaf.base64], ...header },
        {
          iss: issuer,
          sub: CLIENT_ID,
          iat: now(),
          nbf: now(),
          exp: now() + 300,
          cnf: { jwk: attested.jwk },
          ...claims,
        },
        key,
      ),
    attestKeys: (keys, nonce, { header, claims } = {}) =>
      jws(
        { typ: 'key-attestation+jwt', x5c: [leaf.base64], ...header },
        { iat: now(), exp: now() + 300, attested_keys: keys.map(({ jwk }) => jwk), nonce, ...claims },
        key,
      ),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
