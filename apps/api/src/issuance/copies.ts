import { createCipheriv, createHash, createSecretKey, type KeyObject } from 'node:crypto'
import { issueSdJwtVc, type PublicJwk } from '@pass/credentials'

/**
 * All that a batch of copies follows from. With the signatures it is enough to make the very same copies again,
 * at a fraction of their size: that is what is kept for a wallet whose answer got lost.
 */
export type Batch = {
  claims: Parameters<typeof issueSdJwtVc>[0]['claims']
  disclosureFrame: Parameters<typeof issueSdJwtVc>[0]['disclosureFrame']
  vct: string
  issuer: string
  kid: string
  x5c: string[]
  /** Seconds. */
  iat?: number
  exp: number
  /** 32 random bytes in base64, from which all salts follow. */
  seed: string
  statusUri: string
  /** One for each copy, in order. */
  indices: number[]
  keys: PublicJwk[]
}

export type SignedBatch = Batch & { signatures: string[] }

export type Copies = {
  response: { credentials: { credential: string }[] }
  hashes: string[]
  signatures: string[]
}

const sha256 = (data: Uint8Array) => new Uint8Array(createHash('sha256').update(data).digest())

/** Makes the copies of a batch. `sign` is told which copy it signs. */
export async function makeCopies(
  batch: Batch,
  sign: (data: Uint8Array, copy: number) => Promise<Uint8Array> | Uint8Array,
): Promise<Copies> {
  const { claims, disclosureFrame, vct, issuer, kid, x5c, iat, exp, seed, statusUri: uri } = batch
  const signatures: string[] = []
  const salts = createSecretKey(Buffer.from(seed, 'base64'))
  const made = await Promise.all(
    batch.keys.map((cnfJwk, copy) =>
      issueSdJwtVc({
        claims,
        disclosureFrame,
        vct,
        issuer,
        kid,
        x5c,
        cnfJwk,
        status: { idx: batch.indices[copy] ?? 0, uri },
        ...(iat === undefined ? {} : { iat }),
        exp,
        sign: async (data) => {
          const signature = await sign(data, copy)
          signatures[copy] = Buffer.from(signature).toString('base64')
          return signature
        },
        randomBytes: saltsOf(salts, copy),
        sha256,
      }),
    ),
  )
  return {
    response: { credentials: made.map(({ credential }) => ({ credential })) },
    hashes: made.map(({ hash }) => hash),
    signatures,
  }
}

/** The same copies once more: nothing is signed, the signatures are the ones that were made. */
export function repeatCopies({ signatures, ...batch }: SignedBatch): Promise<Copies> {
  return makeCopies(batch, (_data, copy) => new Uint8Array(Buffer.from(signatures[copy] ?? '', 'base64')))
}

const CHUNK = 1024

/** The key stream of AES-256 in counter mode: as unpredictable as its key, and the same again from the same key. */
function saltsOf(key: KeyObject, copy: number): (length: number) => Uint8Array {
  const iv = Buffer.alloc(16)
  iv.writeUInt32BE(copy)
  const stream = createCipheriv('aes-256-ctr', key, iv)
  let chunk = stream.update(Buffer.alloc(CHUNK))
  let used = 0
  return (length) => {
    if (used + length > chunk.length) {
      chunk = stream.update(Buffer.alloc(Math.max(CHUNK, length)))
      used = 0
    }
    used += length
    return chunk.subarray(used - length, used)
  }
}
