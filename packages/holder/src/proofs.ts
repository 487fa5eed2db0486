import { HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import type { Issuer } from './issuer.ts'
import { vouched } from './oauth/client-attestation.ts'
import { signerOf } from './protocol.ts'
import type { HeldKey } from './types.ts'

type Proofs = { jwt: string[] } | { attestation: [string] }

export type ProofsAsked = {
  issuer: Issuer
  configurationId: string
  /** Fresh from the issuer, when it has a nonce endpoint. */
  nonce: string | undefined
  /** Under which the wallet got its token (appendix F.1, `iss`). */
  clientId: string | undefined
}

/**
 * Proves that this wallet holds the keys, in the way that the issuer wants it (OpenID4VCI 1.0 appendix F): each by its
 * own signature, or all of them by one statement of the wallet's provider, where the issuer requires such a statement.
 *
 * @throws HolderError `offer_unsupported`, `wallet_unattested`, `wallet_revoked`, `network`
 */
export async function proofsOf(keys: HeldKey[], asked: ProofsAsked, ports: HolderPorts): Promise<Proofs> {
  const { issuer, configurationId, nonce } = asked
  const known = issuer.metadata.credentialIssuer.credential_configurations_supported[configurationId]
  const types = known?.proof_types_supported
  const takes = (type: string) =>
    types === undefined ? type === 'jwt' : types[type]?.proof_signing_alg_values_supported.includes('ES256')

  if (takes('jwt') && types?.['jwt']?.key_attestations_required === undefined) {
    return { jwt: await Promise.all(keys.map((key) => jwtProof(key, asked, ports))) }
  }
  if (!takes('attestation') && !takes('jwt')) {
    throw new HolderError('offer_unsupported', 'the issuer wants another proof than this wallet has')
  }
  const { attest } = ports
  if (!attest) throw new HolderError('wallet_unattested', 'the issuer wants the keys attested')
  const attestation = await vouched(() => attest.keys(keys, nonce))
  if (takes('attestation')) return { attestation: [attestation] }
  // One signature by one of the attested keys stands for all of them (appendix F.1).
  return { jwt: [await jwtProof(keys[0], asked, ports, attestation)] }
}

async function jwtProof(
  key: HeldKey | undefined,
  { issuer, configurationId: credentialConfigurationId, nonce, clientId }: ProofsAsked,
  ports: HolderPorts,
  keyAttestationJwt?: string,
): Promise<string> {
  if (!key) throw new TypeError('no keys to prove')
  const { jwt } = await issuer.client.createCredentialRequestJwtProof({
    issuerMetadata: issuer.metadata,
    credentialConfigurationId,
    signer: signerOf(key),
    issuedAt: ports.clock(),
    ...(nonce === undefined ? {} : { nonce }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(keyAttestationJwt === undefined ? {} : { keyAttestationJwt }),
  })
  return jwt
}
