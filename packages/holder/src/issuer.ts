import { type IssuerMetadataResult, Openid4vciClient } from '@openid4vc/openid4vci'
import { describeType, fetchTypeMetadata, localize, type TypeDescription } from './describe.ts'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { attentively } from './oauth/server-memory.ts'
import { protocolCallbacks } from './protocol.ts'
import { addressOf, LARGEST, type Reach } from './reach.ts'
import { verifyWithCertificate, vouchesFor } from './trust.ts'
import type { Localized } from './types.ts'

/** An issuer as its metadata describes it. */
export type Issuer = {
  id: string
  name: Localized
  certifiedName?: string
  client: Openid4vciClient
  metadata: IssuerMetadataResult
}

/**
 * Reads the metadata of a credential issuer and of its authorization server, from the well-known addresses with the
 * path after them (OpenID4VCI 1.0 section 12.2.2, RFC 8414 section 3). Signed metadata is taken when it is offered,
 * and then its certificate must be one of the city's.
 *
 * @throws HolderError `issuer_malformed`, `issuer_untrusted`, or what the network gave
 */
export async function readIssuer(id: string, ports: HolderPorts, reach: Reach): Promise<Issuer> {
  addressOf(id, ports.allowInsecure ?? false)
  const reader = new Openid4vciClient({
    callbacks: protocolCallbacks(ports, preferringSigned(reach), { most: LARGEST.metadata }),
  })
  let metadata: IssuerMetadataResult
  try {
    metadata = await reader.resolveIssuerMetadata(id)
  } catch (error) {
    throw asHolderError(error, 'issuer_malformed')
  }
  const client = new Openid4vciClient({ callbacks: protocolCallbacks(ports, attentively(id, ports, reach)) })
  const certifiedName = await signerOf(metadata, ports)
  const { display = [] } = metadata.credentialIssuer
  const host = new URL(id).host
  const name = localize(display, (entry) => entry.name) ?? { ko: host, en: host }
  return { id, name, client, metadata, ...(certifiedName === undefined ? {} : { certifiedName }) }
}

/** Asks for signed metadata where there is any (section 12.2.2); the protocol library takes it but does not ask. */
function preferringSigned(reach: Reach): Reach {
  return (url, init, most) =>
    new URL(url).pathname.startsWith('/.well-known/openid-credential-issuer')
      ? reach(url, { ...init, headers: { accept: 'application/jwt, application/json;q=0.9' } }, most)
      : reach(url, init, most)
}

/** Who vouches for signed metadata (section 12.2.3). The protocol library verified signature and chain already. */
async function signerOf(
  { credentialIssuer, signedCredentialIssuer: signed }: IssuerMetadataResult,
  ports: HolderPorts,
): Promise<string | undefined> {
  if (signed?.signer.method !== 'x5c') return undefined
  const certificate = await verifyWithCertificate(signed.jwt.compact, signed.signer.x5c, ports)
  if (!vouchesFor(certificate, credentialIssuer.credential_issuer)) {
    throw new HolderError('issuer_untrusted', 'the metadata is signed with the certificate of another')
  }
  return certificate.subject.commonName
}

/** A credential configuration that this wallet can receive. */
export type Configuration = TypeDescription & { id: string; vct: string }

/**
 * Finds a configuration of the issuer and describes it.
 *
 * @throws HolderError `issuer_malformed` (not in the metadata), `offer_unsupported` (not an SD-JWT VC)
 */
export async function readConfiguration(
  issuer: Issuer,
  id: string,
  ports: HolderPorts,
  reach: Reach,
): Promise<Configuration> {
  const configuration = issuer.metadata.credentialIssuer.credential_configurations_supported[id]
  if (!configuration) throw new HolderError('issuer_malformed', `the issuer does not describe ${id}`)
  const { format, vct } = configuration
  if ((format !== 'dc+sd-jwt' && format !== 'vc+sd-jwt') || typeof vct !== 'string') {
    throw new HolderError('offer_unsupported', `no use for the format ${format}`)
  }
  const typeMetadata = await fetchTypeMetadata(vct, reach, ports.allowInsecure ?? false)
  return { id, vct, ...describeType([typeMetadata, configuration['credential_metadata'], configuration], id) }
}
