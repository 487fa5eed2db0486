import { CredentialError, type VerifiedCertificate } from '@pass/credentials'
import { asHolderError, HolderError } from './error.ts'
import type { ClientIdPrefix, HolderPorts } from './holder.ts'
import { verifyWithCertificate } from './trust.ts'

const HAIP_PREFIXES: readonly ClientIdPrefix[] = ['x509_hash']

/**
 * Checks that a request was signed by the verifier that its client id names (OpenID4VP 1.0 section 5.9.3), with a
 * certificate of the city.
 *
 * @param signed the JWS, its certificates, and the client id in it
 * @param responseUri where a request by this certificate's host may have the answer sent
 * @throws HolderError `verifier_untrusted`, `request_malformed`, `network`
 */
export async function verifyRequest(
  { jws, x5c, clientId }: { jws: string; x5c: string[]; clientId: string },
  responseUri: string | undefined,
  ports: HolderPorts,
): Promise<VerifiedCertificate> {
  const { allowPrefixes = HAIP_PREFIXES } = ports
  const [prefix = '', name = ''] = splitOnce(clientId)
  const allowed = allowPrefixes.find((known) => known === prefix)
  if (!allowed) throw untrusted('the verifier is not identified by a certificate')
  const verifier = await verifySignature(jws, x5c, ports)
  if (allowed === 'x509_hash' && name !== verifier.sha256) {
    throw untrusted('the client id is not the hash of the certificate')
  }
  if (allowed === 'x509_san_dns') {
    // The whole name: no wildcard, and no subdomain stands for its domain.
    const answered = responseUri === undefined || hostOf(responseUri) === name
    if (!verifier.sanDns.includes(name) || !answered) throw untrusted(`the certificate is not for ${name}`)
  }
  return verifier
}

async function verifySignature(jws: string, x5c: string[], ports: HolderPorts): Promise<VerifiedCertificate> {
  try {
    return await verifyWithCertificate(jws, x5c, ports)
  } catch (error) {
    const known = error instanceof CredentialError
    throw asHolderError(error, known ? 'verifier_untrusted' : 'request_malformed')
  }
}

function splitOnce(clientId: string): [string, string] {
  const at = clientId.indexOf(':')
  return at < 0 ? ['', clientId] : [clientId.slice(0, at), clientId.slice(at + 1)]
}

function hostOf(uri: string): string | undefined {
  return URL.canParse(uri) ? new URL(uri).hostname : undefined
}

const untrusted = (message: string): HolderError => new HolderError('verifier_untrusted', message)
