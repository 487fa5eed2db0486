import { type PublicJwk, signJws } from '@pass/credentials'
import type { WalletKey } from '../access/wallet-keys.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { thumbprintOf } from '../jose/jws.ts'
import { ownClientId } from '../wallet-trust/providers.ts'
import type { Instances } from './instances.ts'
import { type KeyProofType, readKeyProof } from './key-proof.ts'
import { createRateByKey } from './rate.ts'
import type { Attestation } from './schema.ts'

export type Attestations = {
  /**
   * Vouches for one client key of this instance.
   * @throws Problem `bad_signature`, `wallet_instance_revoked`, `too_many_requests`, `conflict` for a key of another
   *   instance, or one too many
   */
  client(instance: WalletKey, proof: string): Promise<Attestation>
  /**
   * Vouches for keys that credentials are to be bound to; they are not kept.
   * @throws Problem `bad_signature`, `bad_request` for a key that is there twice or is the instance's own, `wallet_instance_revoked`,
   *   `too_many_requests`
   */
  keys(instance: WalletKey, proofs: string[], nonce?: string): Promise<{ keyAttestation: string }>
  /** The account's key that this proof is of. @throws Problem `bad_signature`, `too_many_requests` */
  accountKey(instance: WalletKey, proof: string): PublicJwk
}

const CLIENT_SECONDS = 3600
const KEYS_SECONDS = 600
const PER_MINUTE = 60
/** A wallet makes one client key for each authorization server. */
const MOST_CLIENT_KEYS = 100

/** What the city says about its own wallet, and only what it knows: see docs/decisions/0020. */
export function createAttestations(
  { config, city, agent, db, clock }: Pick<Context, 'config' | 'city' | 'agent' | 'db' | 'clock'>,
  { instances }: { instances: Pick<Instances, 'seen'> },
): Attestations {
  const provider = agent.walletProvider.identifier
  const clientId = ownClientId(config)
  const checkRate = createRateByKey({ perMinute: PER_MINUTE, factor: config.rateLimitFactor })
  const seconds = () => Math.floor(clock().getTime() / 1000)

  const provenBy = (proof: string, typ: KeyProofType, jkt: string): PublicJwk =>
    readKeyProof(proof, { typ, audience: provider, jkt, now: seconds() })

  /** A key for others to see, which must not be the one that the city knows the instance by. */
  const separate = (jwk: PublicJwk, jkt: string): PublicJwk => {
    if (thumbprintOf(jwk) === jkt)
      throw new Problem('bad_request', 'The key of the instance itself is never attested: make another.')
    return jwk
  }

  async function sign(typ: string, claims: Record<string, unknown>): Promise<string> {
    const { keyRef, x5c } = await agent.walletProvider.signingKey()
    return signJws({ typ, x5c }, { iss: provider, ...claims }, agent.signer(keyRef))
  }

  return {
    client: async ({ jkt }, proof) => {
      checkRate(jkt, clock().getTime())
      const jwk = separate(provenBy(proof, 'pass-client-key+jwt', jkt), jkt)
      const { id } = await instances.seen(jkt)
      const iat = seconds()
      const expiresAt = new Date((iat + CLIENT_SECONDS) * 1000)
      const thumbprint = thumbprintOf(jwk)
      // A key stays with its instance: what was attested for a revoked one must not stand again for another.
      const rows = await db.sql`
        INSERT INTO "WalletAttestation" ("thumbprint", "instanceId", "expiresAt")
        SELECT ${thumbprint}, ${id}::uuid, ${expiresAt}::timestamptz
        WHERE (SELECT count(*) FROM "WalletAttestation"
          WHERE "instanceId" = ${id}::uuid AND "thumbprint" <> ${thumbprint}) < ${MOST_CLIENT_KEYS}::int
        ON CONFLICT ("thumbprint") DO UPDATE SET "expiresAt" = EXCLUDED."expiresAt"
          WHERE "WalletAttestation"."instanceId" = EXCLUDED."instanceId"
        RETURNING 1 AS "kept"`
      if (rows.length === 0)
        throw new Problem('conflict', 'This key belongs to another wallet, or this wallet has too many keys.')
      const attestation = await sign('oauth-client-attestation+jwt', {
        sub: clientId,
        iat,
        exp: iat + CLIENT_SECONDS,
        cnf: { jwk },
        wallet_name: city.wallet.en,
        wallet_link: clientId,
      })
      return { attestation, clientId, expiresAt: expiresAt.toISOString() }
    },

    keys: async ({ jkt }, proofs, nonce) => {
      checkRate(jkt, clock().getTime())
      const keys = proofs.map((proof) => separate(provenBy(proof, 'pass-holder-key+jwt', jkt), jkt))
      if (new Set(keys.map(thumbprintOf)).size !== keys.length)
        throw new Problem('bad_request', 'One key is there twice.')
      await instances.seen(jkt)
      const iat = seconds()
      // Nothing about storage or user authentication: of a browser's keys the city knows neither.
      return {
        keyAttestation: await sign('key-attestation+jwt', {
          iat,
          exp: iat + KEYS_SECONDS,
          attested_keys: keys,
          ...(nonce === undefined ? {} : { nonce }),
        }),
      }
    },

    accountKey: ({ jkt }, proof) => {
      checkRate(jkt, clock().getTime())
      return provenBy(proof, 'pass-account-key+jwt', jkt)
    },
  }
}
