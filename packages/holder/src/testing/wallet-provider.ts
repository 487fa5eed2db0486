import { Openid4vciWalletProvider } from '@openid4vc/openid4vci'
import type { AttestPort, HeldKey, KeyPort } from '../types.ts'
import type { Certified } from './authority.ts'
import { peerCallbacks } from './peer-callbacks.ts'

export const WALLET = 'https://wallet.example/app'

/** Attests a test wallet by the peer's library; one client key for each authorization server. */
export function createTestAttestation(certified: Certified, keys: KeyPort): AttestPort & { asked: string[] } {
  const provider = new Openid4vciWalletProvider({ callbacks: peerCallbacks(certified) })
  const signer = { method: 'x5c' as const, alg: 'ES256' as const, x5c: certified.x5c }
  const clientKeys = new Map<string, HeldKey>()
  const asked: string[] = []
  return {
    asked,
    async client(server) {
      asked.push(server)
      const key = clientKeys.get(server) ?? (await keys.generate())
      clientKeys.set(server, key)
      const attestation = await provider.createWalletAttestationJwt({
        clientId: WALLET,
        issuer: 'https://wallet.example',
        confirmation: { jwk: key.publicJwk },
        issuedAt: new Date(),
        expiresAt: new Date(Date.now() + 3600_000),
        signer,
        walletName: 'Test wallet',
      })
      return { clientId: WALLET, attestation, key }
    },
    keys: (held, nonce) =>
      provider.createKeyAttestationJwt({
        attestedKeys: held.map(({ publicJwk }) => publicJwk),
        issuedAt: new Date(),
        expiresAt: new Date(Date.now() + 600_000),
        signer,
        use: 'proof_type.attestation',
        nonce: nonce ?? '',
      }),
  }
}
