import { z } from 'zod'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import type { Issuer } from './issuer.ts'
import { encryptionFor, readAnswer, responseParameters } from './message-encryption.ts'
import { askIssuer } from './oauth/resource.ts'
import { proofsOf } from './proofs.ts'
import type { Reach } from './reach.ts'
import type { HeldKey, TokenSet } from './types.ts'

/** Refusals that a request signed anew settles: the nonce ran out, or a browser sent the request twice by itself. */
const SIGNED_ANEW = ['invalid_nonce', 'invalid_dpop_proof']
const A_YEAR = 366 * 86_400

/** What an issuer answers: compact credentials, or that they come later. */
export type Delivery =
  | { copies: string[]; notificationId?: string }
  | { transactionId: string /** seconds */; interval: number }

/** OpenID4VCI 1.0 section 8.3: one or the other. */
const deliverySchema = z.union([
  z.looseObject({
    transaction_id: z.undefined().optional(),
    credentials: z.array(z.union([z.string(), z.looseObject({ credential: z.string() })])).min(1),
    notification_id: z.string().optional(),
  }),
  z.looseObject({
    credentials: z.undefined().optional(),
    transaction_id: z.string().min(1),
    interval: z.number().positive().max(A_YEAR),
  }),
])

/** What is asked for, and by what right. */
export type Asked = {
  issuer: Issuer
  tokens: TokenSet
  configurationId: string
  credentialIdentifier?: string | undefined
}

/**
 * Asks for one copy per key (section 8), each key proving that the wallet holds it. The nonce in the proofs is fresh
 * on every try; the keys are not, so that the issuer can tell a repetition from a second batch.
 *
 * @throws HolderError `offer_expired` (the token no longer works), `issuer_refused`, `issuer_malformed`, network
 */
export async function fetchCopies(
  asked: Asked,
  keys: HeldKey[],
  ports: HolderPorts,
  reach: Reach,
): Promise<Delivery> {
  try {
    return await requestCopies(asked, keys, ports, reach)
  } catch (error) {
    if (!(error instanceof HolderError) || !SIGNED_ANEW.includes(error.serverCode ?? '')) throw error
    return requestCopies(asked, keys, ports, reach)
  }
}

async function requestCopies(
  { issuer, tokens, configurationId, credentialIdentifier }: Asked,
  keys: HeldKey[],
  ports: HolderPorts,
  reach: Reach,
): Promise<Delivery> {
  const { client, metadata } = issuer
  const encryption = await encryptionFor(issuer)
  let proofs: Awaited<ReturnType<typeof proofsOf>>
  try {
    const nonce = metadata.credentialIssuer.nonce_endpoint
      ? (await client.requestNonce({ issuerMetadata: metadata })).c_nonce
      : undefined
    proofs = await proofsOf(keys, { issuer, configurationId, nonce, clientId: tokens.clientId }, ports)
  } catch (error) {
    throw asHolderError(error, 'issuer_malformed')
  }
  const response = await askIssuer(
    { issuer, tokens, url: metadata.credentialIssuer.credential_endpoint },
    {
      // Section 8.2: by the dataset's name when the token came with one, by the configuration's otherwise.
      ...(credentialIdentifier === undefined
        ? { credential_configuration_id: configurationId }
        : { credential_identifier: credentialIdentifier }),
      proofs,
      ...responseParameters(encryption),
    },
    encryption,
    ports,
    reach,
  )
  return readDelivery(await readAnswer(response, encryption))
}

/**
 * Asks for what the issuer put off (section 9.1).
 *
 * @throws HolderError as `fetchCopies`
 */
export async function fetchDeferred(
  { issuer, tokens }: Pick<Asked, 'issuer' | 'tokens'>,
  transactionId: string,
  ports: HolderPorts,
  reach: Reach,
): Promise<Delivery> {
  const url = issuer.metadata.credentialIssuer.deferred_credential_endpoint
  if (url === undefined) throw new HolderError('issuer_malformed', 'the issuer has no endpoint to ask later')
  const encryption = await encryptionFor(issuer)
  const message = { transaction_id: transactionId, ...responseParameters(encryption) }
  const response = await askIssuer({ issuer, tokens, url }, message, encryption, ports, reach)
  const delivery = readDelivery(await readAnswer(response, encryption))
  if ('transactionId' in delivery && delivery.transactionId !== transactionId) {
    throw new HolderError('issuer_malformed', 'the issuer speaks of another delivery')
  }
  return delivery
}

function readDelivery(answer: unknown): Delivery {
  const parsed = deliverySchema.safeParse(answer)
  if (!parsed.success) throw new HolderError('issuer_malformed', 'neither credentials nor a promise of some')
  const { data } = parsed
  if ('interval' in data && data.transaction_id !== undefined) {
    return { transactionId: data.transaction_id, interval: data.interval as number }
  }
  const { credentials = [], notification_id: notificationId } = data
  return {
    copies: credentials.map((entry) => (typeof entry === 'string' ? entry : entry.credential)),
    ...(typeof notificationId === 'string' ? { notificationId } : {}),
  }
}
