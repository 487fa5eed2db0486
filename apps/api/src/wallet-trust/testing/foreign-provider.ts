import { randomUUID } from 'node:crypto'
import { type PublicJwk, signJws } from '@pass/credentials'
import {
  createCertificate,
  createKey,
  type TestCertificate,
} from '../../../../../packages/credentials/src/testing/certificates.ts'
import type { WalletProviderEntry } from '../../city.ts'

type Changes = { header?: Record<string, unknown>; claims?: Record<string, unknown> }

export type ForeignProvider = Awaited<ReturnType<typeof makeForeignProvider>>

/**
 * A maker of wallets that is not ours, with an authority of its own. The changes make a part of an attestation wrong;
 * a member that is `undefined` is left out.
 */
export async function makeForeignProvider({
  clientId = `https://wallet.test/${randomUUID()}`,
  clock = () => new Date(),
}: {
  clientId?: string
  clock?: () => Date
} = {}) {
  const root = await createCertificate({ key: await createKey(), commonName: 'Wallet Root', ca: true })
  const leaf = await createCertificate({ key: await createKey(), commonName: 'Wallet Maker', issuer: root })
  const entry: WalletProviderEntry = {
    id: 'foreign',
    name: { ko: '다른 지갑', en: 'Another wallet' },
    clientIds: [clientId],
    rootCertificates: [root.base64],
  }
  const sign = (typ: string, own: Record<string, unknown>, { header, claims }: Changes, by = leaf) =>
    signJws({ typ, x5c: [by.base64], ...header }, { ...own, ...claims }, by.key.sign)
  const iat = () => Math.floor(clock().getTime() / 1000)

  return {
    clientId,
    entry,
    root,
    leaf,
    /** Another certificate under this root, for a key of its own. */
    certify: async (
      options: Partial<Parameters<typeof createCertificate>[0]> = {},
    ): Promise<TestCertificate> =>
      createCertificate({ key: await createKey(), commonName: 'Other', issuer: root, ...options }),
    /** A client attestation (OpenID4VCI 1.0 appendix E). */
    attestClient: (jwk: PublicJwk, changes: Changes = {}, by = leaf): Promise<string> =>
      sign(
        'oauth-client-attestation+jwt',
        { iss: 'https://maker.test', sub: clientId, iat: iat(), exp: iat() + 3600, cnf: { jwk } },
        changes,
        by,
      ),
    /** A key attestation (appendix D). */
    attestKeys: (
      keys: unknown,
      { nonce, ...changes }: Changes & { nonce?: string } = {},
      by = leaf,
    ): Promise<string> =>
      sign(
        'key-attestation+jwt',
        { iat: iat(), exp: iat() + 600, attested_keys: keys, ...(nonce === undefined ? {} : { nonce }) },
        changes,
        by,
      ),
  }
}
