import { X509Certificate } from 'node:crypto'
import type { RegistrationStatement, VerifierKey } from '@pass/agent'
import type { Context } from '../context.ts'

/** How a verifier names itself (OpenID4VP 1.0 section 5.9.3). HAIP knows the first alone. */
export const CLIENT_ID_PREFIXES = ['x509_hash', 'x509_san_dns'] as const
export type ClientIdPrefix = (typeof CLIENT_ID_PREFIXES)[number]

/** An organisation with what its requests are signed with. */
export type VerifierIdentity = VerifierKey & {
  /** `x509_hash:` and the hash of its certificate, or another prefix with what the certificate has for it. */
  clientIds: { x509_hash: string; x509_san_dns?: string }
  /** JOSE header of its request objects, base64url. */
  header: string
}

export type RegisteredPurpose = Pick<RegistrationStatement, 'purpose' | 'credentials'>

const IDENTITY_SECONDS = 60
const STATEMENT_SECONDS = 24 * 60 * 60
/** A statement is renewed this long before its end, so that no wallet gets one that ends while it reads. */
const STATEMENT_MARGIN_SECONDS = 60 * 60

/** Reads verifiers and signs their registrations once, instead of once for every request. */
export function createVerifierIdentities({
  agent,
  clock,
  config,
}: Pick<Context, 'agent' | 'clock' | 'config'>) {
  const { hostname } = new URL(config.publicUrl)
  const identities = new Map<string, { until: number; identity: VerifierIdentity }>()
  const statements = new Map<string, { until: number; jwt: Promise<string> }>()
  const seconds = () => clock().getTime() / 1000

  return {
    /** @throws AgentError `unknown_verifier` */
    async get(verifierId: string): Promise<VerifierIdentity> {
      const kept = identities.get(verifierId)
      if (kept && kept.until > seconds()) return kept.identity
      const key = await agent.verifiers.get(verifierId)
      const header = { alg: 'ES256', typ: 'oauth-authz-req+jwt', x5c: key.x5c }
      const identity: VerifierIdentity = {
        ...key,
        clientIds: { x509_hash: `x509_hash:${key.x509Hash}`, ...dnsClientId(key, hostname) },
        header: Buffer.from(JSON.stringify(header)).toString('base64url'),
      }
      identities.set(verifierId, { until: seconds() + IDENTITY_SECONDS, identity })
      return identity
    },

    /** What the city registered for this verifier and template, signed by the city's authority. */
    async registration(
      identity: VerifierIdentity,
      templateId: string,
      registered: RegisteredPurpose,
    ): Promise<string> {
      const key = `${identity.x509Hash}/${templateId}`
      const kept = statements.get(key)
      if (kept && kept.until > seconds()) return kept.jwt
      const jwt = agent.authority.signRegistration({
        verifier: identity.x509Hash,
        ...registered,
        validSeconds: STATEMENT_SECONDS,
      })
      statements.set(key, { until: seconds() + STATEMENT_SECONDS - STATEMENT_MARGIN_SECONDS, jwt })
      // A failure must not stay for a day.
      jwt.catch(() => statements.delete(key))
      return jwt
    },
  }
}

/** The client id that a request was made under. A certificate that was renewed since may have lost the name. */
export function clientIdOf(
  { clientIds }: VerifierIdentity,
  { clientIdPrefix }: { clientIdPrefix: ClientIdPrefix },
): string {
  return clientIds[clientIdPrefix] ?? clientIds.x509_hash
}

/** A wallet may want the name to be that of the address it answers to, so that one comes first. */
function dnsClientId({ x5c }: VerifierKey, hostname: string): { x509_san_dns?: string } {
  const { subjectAltName = '' } = new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'))
  const names = subjectAltName.split(', ').flatMap((name) => /^DNS:([\w.-]+)$/.exec(name)?.[1] ?? [])
  const name = names.find((name) => name === hostname) ?? names[0]
  return name === undefined ? {} : { x509_san_dns: `x509_san_dns:${name}` }
}

export type VerifierIdentities = ReturnType<typeof createVerifierIdentities>
