import type { DIDDocument, DIDResolver, VerificationMethod } from 'did-resolver'
import type { Provider } from 'ethers'
import { getResolver } from 'ethr-did-resolver'
import { jwkOfPoint } from '../keys/public-key.ts'
import type { Hex } from '../types.ts'

/**
 * Name under which a P-256 key stands in the ERC-1056 registry (`did/pub/Secp256r1/veriKey/hex`). Attribute
 * names are bytes32, and the resolver makes the middle part the key's type as it stands.
 */
const P256_ATTRIBUTE = 'Secp256r1'

type Options = Extract<Parameters<typeof getResolver>[0], { networks?: unknown }>

/** did:ethr on the city chain, with P-256 keys as JsonWebKey, which verifiers know what to do with. */
export function cityDidResolver(network: {
  chainId: number
  registry: Hex
  provider: Provider
}): Record<'ethr', DIDResolver> {
  const chainId = `0x${network.chainId.toString(16)}`
  const { ethr } = getResolver({
    networks: [
      {
        name: chainId,
        chainId,
        registry: network.registry,
        // Its types name the CommonJS build of ethers; the object is the same.
        provider: network.provider as unknown as NonNullable<Options['provider']>,
      },
    ],
  })
  if (!ethr) throw new TypeError('ethr-did-resolver offers no resolver for did:ethr')
  return {
    ethr: async (did, parsed, resolvable, options) => {
      const resolution = await ethr(did, parsed, resolvable, options)
      const document = resolution.didDocument
      return document ? { ...resolution, didDocument: withJsonWebKeys(document) } : resolution
    },
  }
}

function withJsonWebKeys(document: DIDDocument): DIDDocument {
  const methods = document.verificationMethod ?? []
  return { ...document, verificationMethod: methods.map(asJsonWebKey) }
}

/** Anyone may write into the registry about their own DID: what is no point of the curve stays as it was. */
function asJsonWebKey(method: VerificationMethod): VerificationMethod {
  if (method.type !== P256_ATTRIBUTE || !method.publicKeyHex) return method
  try {
    const publicKeyJwk = jwkOfPoint(method.publicKeyHex)
    return { id: method.id, type: 'JsonWebKey2020', controller: method.controller, publicKeyJwk }
  } catch {
    return method
  }
}
