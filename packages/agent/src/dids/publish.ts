import { setTimeout as wait } from 'node:timers/promises'
import type { VerificationMethod } from 'did-resolver'
import { computeAddress, JsonRpcApiProvider, type Provider, toNumber } from 'ethers'
import { AgentError } from '../errors.ts'
import { KMS } from '../keys/kms.ts'
import type { PublicJwk, VeramoAgent } from '../types.ts'
import { didPrefix } from './veramo.ts'

/** Keys stay in the DID document for thirty years: whether one still counts is IssuerRegistry's to say. */
const PUBLISHED_SECONDS = 30 * 365 * 24 * 60 * 60
/** Gas is free on the city chain. */
const FREE = { type: 0, gasPrice: 0n }

type Context = { veramo: VeramoAgent; provider: Provider; chainId: number }

/** The DID with this alias, made when it does not exist: a did:ethr needs a key and no transaction. */
export async function ensureDid({ veramo, chainId }: Context, alias: string): Promise<string> {
  const keyRef = `${alias}/controller`
  await veramo.keyManagerCreate({ kms: KMS, type: 'Secp256k1', kid: keyRef })
  const provider = didPrefix(chainId)
  const { did } = await veramo.didManagerGetOrCreate({ alias, provider, kms: KMS, options: { keyRef } })
  return did
}

/**
 * Makes sure that the DID document carries the P-256 key `keyRef`, and answers the key's DID URL. Sends a
 * transaction only when the chain lacks it.
 * @throws AgentError `key_not_published`
 */
export async function publishKey(
  context: Context,
  { did, keyRef, publicJwk }: { did: string; keyRef: string; publicJwk: PublicJwk },
): Promise<string> {
  const { veramo } = context
  const known = await publishedMethod(veramo, did, publicJwk)
  const key = await veramo.keyManagerGet({ kid: keyRef })
  if (known) {
    // A crash between the transaction and Veramo's own record leaves the key without its identifier.
    await veramo.didManagerAddKey({ did, key, options: { localOnly: true } })
    return known.id
  }
  const options = { ...FREE, ttl: PUBLISHED_SECONDS, nonce: await controllerNonce(context, did) }
  await veramo.didManagerAddKey({ did, key, options })
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const method = await publishedMethod(veramo, did, publicJwk)
    if (method) return method.id
    await wait(100)
  }
  throw new AgentError('key_not_published', `The key ${keyRef} does not appear in ${did}.`)
}

/** Takes the key out of the DID document, if it is there. For a key that leaked. */
export async function withdrawKey(
  context: Context,
  { did, keyRef, publicJwk }: { did: string; keyRef: string; publicJwk: PublicJwk },
): Promise<void> {
  const { veramo } = context
  if (!(await publishedMethod(veramo, did, publicJwk))) return
  const options = { ...FREE, nonce: await controllerNonce(context, did) }
  await veramo.didManagerRemoveKey({ did, kid: keyRef, options })
}

async function publishedMethod(
  veramo: VeramoAgent,
  did: string,
  { x, y }: PublicJwk,
): Promise<VerificationMethod | undefined> {
  const { didDocument, didResolutionMetadata } = await veramo.resolveDid({ didUrl: did })
  if (!didDocument) {
    throw new AgentError(
      'key_not_published',
      `${did} does not resolve: ${didResolutionMetadata.error ?? 'no document'}.`,
    )
  }
  return didDocument.verificationMethod?.find(
    ({ publicKeyJwk }) => publicKeyJwk?.x === x && publicKeyJwk.y === y,
  )
}

/** Asks the node itself, as ethers may answer from its cache. */
async function controllerNonce({ veramo, provider }: Context, did: string): Promise<number> {
  const { controllerKeyId } = await veramo.didManagerGet({ did })
  const { publicKeyHex } = await veramo.keyManagerGet({ kid: controllerKeyId ?? '' })
  const address = computeAddress(`0x${publicKeyHex}`)
  if (!(provider instanceof JsonRpcApiProvider)) return provider.getTransactionCount(address, 'pending')
  return toNumber(await provider.send('eth_getTransactionCount', [address, 'pending']))
}
