import {
  createECDH,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import type { Database } from '@pass/database'
import type { IKey, ManagedKeyInfo, MinimalImportableKey, TKeyType } from '@veramo/core-types'
import { AbstractKeyManagementSystem } from '@veramo/key-manager'
import { getBytes, hashMessage, hexlify, SigningKey, Transaction } from 'ethers'
import { AgentError } from '../errors.ts'
import type { PublicJwk } from '../types.ts'
import { compressedHex, jwkOfPoint } from './public-key.ts'
import type { Sealing } from './sealing.ts'

/** Name of this key management system in Veramo's key store. */
export const KMS = 'city'

type KeyType = 'Secp256r1' | 'Secp256k1'
/** A decrypted key, held in memory only. `chain` signs what Ethereum wants: recoverable, low-s. */
type OpenKey = { type: KeyType; privateKey: KeyObject; chain?: SigningKey }

const CURVES: Record<KeyType, string> = { Secp256r1: 'prime256v1', Secp256k1: 'secp256k1' }
const ALGORITHMS: Record<KeyType, string[]> = {
  Secp256r1: ['ES256'],
  Secp256k1: ['ES256K', 'eth_signTransaction', 'eth_signMessage', 'eth_rawSign'],
}

/**
 * Veramo's key management on node:crypto. A private key is stored as PKCS #8, sealed under the master key with
 * its alias and type as associated data, and is decrypted once per process.
 */
export class CityKeyManagementSystem extends AbstractKeyManagementSystem {
  readonly #db: Database
  readonly #sealing: Sealing
  readonly #open = new Map<string, OpenKey>()

  constructor(db: Database, sealing: Sealing) {
    super()
    this.#db = db
    this.#sealing = sealing
  }

  /**
   * Makes a key, or answers the one that an earlier try left under the same alias: Veramo writes its own
   * record of the key afterwards, and a crash may come between.
   */
  override async createKey(args: { type: TKeyType; kid?: string }): Promise<ManagedKeyInfo> {
    const type = keyType(args.type)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: CURVES[type] })
    const alias = args.kid ?? publicHex(type, privateKey)
    await this.#store(alias, type, privateKey)
    return this.#describe(alias)
  }

  override async importKey(args: Omit<MinimalImportableKey, 'kms'>): Promise<ManagedKeyInfo> {
    const type = keyType(args.type)
    const privateKey = privateKeyOfHex(type, args.privateKeyHex)
    const alias = args.kid ?? publicHex(type, privateKey)
    await this.#store(alias, type, privateKey)
    const stored = await this.#describe(alias)
    if (stored.publicKeyHex !== publicHex(type, privateKey)) {
      throw new AgentError('unsupported_key', `Another key is kept under the name ${alias}.`)
    }
    return stored
  }

  override async listKeys(): Promise<ManagedKeyInfo[]> {
    const rows = await this.#db.prisma.encryptedKey.findMany({ select: { alias: true } })
    return Promise.all(rows.map(({ alias }) => this.#describe(alias)))
  }

  override async deleteKey({ kid }: { kid: string }): Promise<boolean> {
    this.#open.delete(kid)
    return (await this.#db.prisma.encryptedKey.deleteMany({ where: { alias: kid } })).count > 0
  }

  /** JWS algorithms answer base64url, Ethereum's answer 0x hex, as Veramo's own systems do. */
  override async sign(args: {
    keyRef: Pick<IKey, 'kid'>
    algorithm?: string
    data: Uint8Array
  }): Promise<string> {
    const key = await this.key(args.keyRef.kid)
    const algorithm = args.algorithm ?? ALGORITHMS[key.type][0]
    if (key.type === 'Secp256r1' && algorithm === 'ES256') {
      return Buffer.from(signEs256(key.privateKey, args.data)).toString('base64url')
    }
    if (key.chain) {
      switch (algorithm) {
        case 'ES256K': {
          const { r, s } = key.chain.sign(createHash('sha256').update(args.data).digest())
          return Buffer.concat([getBytes(r), getBytes(s)]).toString('base64url')
        }
        case 'eth_signTransaction':
          return signTransaction(key.chain, args.data)
        case 'eth_signMessage':
          return key.chain.sign(hashMessage(args.data)).serialized
        case 'eth_rawSign':
          return key.chain.sign(args.data).serialized
      }
    }
    throw new AgentError('unsupported_key', `A ${key.type} key does not sign with ${algorithm}.`)
  }

  override async sharedSecret(): Promise<string> {
    throw new AgentError('unsupported_key', 'Keys of the city sign; they agree on no secrets.')
  }

  /** The decrypted key. @throws AgentError `unknown_key`, `cannot_open` */
  async key(alias: string): Promise<OpenKey> {
    const known = this.#open.get(alias)
    if (known) return known
    const row = await this.#db.prisma.encryptedKey.findUnique({ where: { alias } })
    if (!row) throw new AgentError('unknown_key', `There is no key named ${alias}.`)
    const type = keyType(row.type)
    const der = this.#sealing.open(purposeOf(alias, type), row.ciphertext)
    const privateKey = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
    der.fill(0)
    const opened: OpenKey =
      type === 'Secp256k1' ? { type, privateKey, chain: chainKey(privateKey) } : { type, privateKey }
    this.#open.set(alias, opened)
    return opened
  }

  async #store(alias: string, type: KeyType, privateKey: KeyObject) {
    const der = privateKey.export({ format: 'der', type: 'pkcs8' })
    const ciphertext = this.#sealing.seal(purposeOf(alias, type), der)
    der.fill(0)
    await this.#db.prisma.encryptedKey.createMany({
      data: [{ alias, type, ciphertext }],
      skipDuplicates: true,
    })
  }

  async #describe(alias: string): Promise<ManagedKeyInfo> {
    const { type, privateKey } = await this.key(alias)
    return {
      kid: alias,
      kms: KMS,
      type,
      publicKeyHex: publicHex(type, privateKey),
      meta: { algorithms: ALGORITHMS[type] },
    }
  }
}

/** Public half of the P-256 key `keyRef`, which is made when it does not exist yet. */
export async function publicJwkOf(kms: CityKeyManagementSystem, keyRef: string): Promise<PublicJwk> {
  return jwkOfPoint((await kms.createKey({ type: 'Secp256r1', kid: keyRef })).publicKeyHex)
}

/**
 * ES256 as JOSE wants it: r || s, 64 bytes. Taken out of the ASN.1 that OpenSSL writes: asking node:crypto for this
 * form takes an options object, with which a signature costs twice as much.
 */
export function signEs256(privateKey: KeyObject, data: Uint8Array): Uint8Array {
  const der = sign('sha256', data, privateKey)
  const signature = new Uint8Array(64)
  // SEQUENCE { INTEGER r, INTEGER s }, all of whose lengths take one byte. An integer has a zero before it when its
  // first bit is set, and no other leading zeros.
  const [lengthR = 0] = der.subarray(3)
  const r = der.subarray(4, 4 + lengthR)
  const s = der.subarray(6 + lengthR)
  signature.set(r.subarray(-32), 32 - Math.min(32, r.length))
  signature.set(s.subarray(-32), 64 - Math.min(32, s.length))
  return signature
}

/** What the ciphertext is bound to: a row that is moved to another name does not open. */
const purposeOf = (alias: string, type: KeyType) => `key/${type}/${alias}`

function keyType(type: string): KeyType {
  if (type === 'Secp256r1' || type === 'Secp256k1') return type
  throw new AgentError('unsupported_key', `Keys are Secp256r1 or Secp256k1, not ${type}.`)
}

function chainKey(privateKey: KeyObject): SigningKey {
  const { d } = privateKey.export({ format: 'jwk' })
  return new SigningKey(Buffer.from(d as string, 'base64url'))
}

/** Public point in hex without 0x: uncompressed on secp256k1 as Veramo's did:ethr wants, compressed on P-256. */
function publicHex(type: KeyType, privateKey: KeyObject): string {
  const jwk = privateKey.export({ format: 'jwk' })
  if (type === 'Secp256r1') return compressedHex(jwk as PublicJwk)
  return `04${[jwk.x, jwk.y].map((part) => Buffer.from(part as string, 'base64url').toString('hex')).join('')}`
}

/** RLP of an unsigned transaction in, the signed one out, as 0x hex. */
function signTransaction(key: SigningKey, unsigned: Uint8Array): string {
  const transaction = Transaction.from(hexlify(unsigned))
  transaction.signature = key.sign(transaction.unsignedHash)
  return transaction.serialized
}

function privateKeyOfHex(type: KeyType, hex: string): KeyObject {
  const scalar = Buffer.from(hex.replace(/^0x/, ''), 'hex')
  const ecdh = createECDH(CURVES[type])
  try {
    ecdh.setPrivateKey(scalar)
  } catch {
    // The cause would carry key material.
    throw new AgentError('unsupported_key', `Not a private key of ${type}.`)
  }
  const point = ecdh.getPublicKey()
  const key = {
    kty: 'EC',
    crv: type === 'Secp256r1' ? 'P-256' : 'secp256k1',
    d: scalar.toString('base64url'),
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  }
  return createPrivateKey({ key, format: 'jwk' })
}
