import { CredentialError, hashOfCredential, type ParsedSdJwt, parseSdJwt } from '@pass/credentials'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import type { Configuration, Issuer } from './issuer.ts'
import { shownClaims } from './shown-claims.ts'
import { verifyWithCertificate, vouchesFor } from './trust.ts'
import type { HeldKey, StoredCopy, StoredCredential } from './types.ts'

export type Delivery = {
  /** Id under which the credential will be stored. */
  id: string
  /** Compact credentials, as they came. */
  copies: string[]
  /** The keys that the copies may be bound to. */
  keys: HeldKey[]
  configuration: Configuration
  issuer: Issuer
}

/**
 * Checks what an issuer delivered before any of it is kept: type, holder key (each copy its own), disclosures, times,
 * and the issuer's signature by a certificate of the city that names this very issuer.
 *
 * @returns the credential to store, and the keys that no copy came for
 * @throws HolderError `credential_invalid` or `issuer_untrusted`
 */
export async function acceptCopies(
  delivery: Delivery,
  ports: HolderPorts,
): Promise<{ credential: StoredCredential; spareKeys: HeldKey[] }> {
  const { id, copies, keys, configuration, issuer } = delivery
  const spare = new Map(keys.map((key) => [`${key.publicJwk.x}.${key.publicJwk.y}`, key]))
  const stored: StoredCopy[] = []
  let first: ParsedSdJwt | undefined
  for (const copy of copies) {
    const parsed = await check(copy, configuration.vct, issuer, ports)
    const boundTo = pointIn(parsed)
    const key = spare.get(boundTo)
    if (!key)
      throw new HolderError('credential_invalid', 'a copy is bound to a key that is not its own of ours')
    spare.delete(boundTo)
    stored.push({ keyId: key.id, credential: copy, hash: hashOfCredential(copy), used: 0 })
    first ??= parsed
  }
  if (!first) throw new HolderError('credential_invalid', 'the issuer sent no credential')

  const [issuedAt, expiresAt] = [millisecondsIn(first, 'iat'), millisecondsIn(first, 'exp')]
  return {
    credential: {
      id,
      vct: configuration.vct,
      issuer: { id: issuer.id, name: issuer.name },
      display: configuration.card,
      claims: shownClaims(first.claims, configuration.claims),
      receivedAt: ports.clock().getTime(),
      ...(issuedAt === undefined ? {} : { issuedAt }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      copies: stored,
    },
    spareKeys: [...spare.values()],
  }
}

async function check(copy: string, vct: string, issuer: Issuer, ports: HolderPorts): Promise<ParsedSdJwt> {
  try {
    const parsed = parseSdJwt(copy)
    const { header, payload } = parsed
    if (header['typ'] !== 'dc+sd-jwt' || header['alg'] !== 'ES256')
      throw invalid('not an SD-JWT VC signed with ES256')
    if (payload['vct'] !== vct) throw invalid('of another type than was offered')
    if (parsed.kbJwt) throw invalid('it came with a key binding')
    const x5c = header['x5c']
    if (!isTexts(x5c)) throw new HolderError('issuer_untrusted', 'the credential names no certificate')
    const certified = await verifyWithCertificate(parsed.jwt, x5c, ports)
    for (const name of [issuer.id, payload['iss']]) {
      if (name !== undefined && !vouchesFor(certified, name)) {
        throw new HolderError('issuer_untrusted', `the certificate is not for ${String(name)}`)
      }
    }
    const expiresAt = millisecondsIn(parsed, 'exp')
    if (expiresAt !== undefined && expiresAt <= ports.clock().getTime())
      throw invalid('it has expired already')
    return parsed
  } catch (error) {
    const untrusted = error instanceof CredentialError && error.code === 'untrusted_certificate'
    throw asHolderError(error, untrusted ? 'issuer_untrusted' : 'credential_invalid')
  }
}

function pointIn({ payload }: ParsedSdJwt): string {
  const { jwk } = (payload['cnf'] ?? {}) as { jwk?: { x?: unknown; y?: unknown } }
  return `${String(jwk?.x)}.${String(jwk?.y)}`
}

function millisecondsIn({ payload }: ParsedSdJwt, claim: 'iat' | 'exp'): number | undefined {
  const seconds = payload[claim]
  return typeof seconds === 'number' ? seconds * 1000 : undefined
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
}

const invalid = (message: string): HolderError => new HolderError('credential_invalid', message)
