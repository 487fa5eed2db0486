import type { RegistrationStatement, VerifierKey } from '@pass/agent'
import type { Context } from '../context.ts'

/** An organisation with what its requests are signed with. */
export type VerifierIdentity = VerifierKey & {
  /** `x509_hash:` and the hash of its certificate: the audience of every proof it asks for. */
  clientId: string
  /** JOSE header of its request objects, base64url. */
  header: string
}

export type RegisteredPurpose = Pick<RegistrationStatement, 'purpose' | 'credentials'>

const IDENTITY_SECONDS = 60
const STATEMENT_SECONDS = 24 * 60 * 60
/** A statement is renewed this long before its end, so that no wallet gets one that ends while it reads. */
const STATEMENT_MARGIN_SECONDS = 60 * 60

/** Reads verifiers and signs their registrations once, instead of once for every request. */
export function createVerifierIdentities({ agent, clock }: Pick<Context, 'agent' | 'clock'>) {
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
        clientId: `x509_hash:${key.x509Hash}`,
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

export type VerifierIdentities = ReturnType<typeof createVerifierIdentities>
