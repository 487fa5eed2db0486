// What a holder's key signs for the Mileage contract. Goes into the wallet, so it brings no ethers with it.
import { sha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Hex } from './manifest.ts'

/** Which contract on which chain a signature is for: no other one takes it. */
export type MileageDomain = { chainId: number; contract: Hex }

/** What a holder agrees to pay. `nonce` is greater than any that the key used before, `deadline` in seconds. */
export type Payment = { holder: Hex; payee: number; amount: bigint; nonce: number; deadline: number }

/** What stops the points of a key from moving to another one. */
export type Objection = { holder: Hex; nonce: number; deadline: number }

const typeHash = (type: string) => keccak_256(utf8ToBytes(type))
const DOMAIN = typeHash('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')
const NAME = typeHash('Mileage')
const VERSION = typeHash('1')
const REDEMPTION = typeHash(
  'Redemption(address holder,uint32 payee,uint40 amount,uint32 nonce,uint48 deadline)',
)
const OBJECTION = typeHash('Objection(address holder,uint32 nonce,uint48 deadline)')

/** The order of the curve P-256 (FIPS 186-5, SP 800-186). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The 66 bytes to sign with ES256 so that the contract takes the payment. @throws RangeError outside its fields */
export function paymentMessage(domain: MileageDomain, payment: Payment): Uint8Array {
  const { holder, payee, amount, nonce, deadline } = payment
  return typedMessage(domain, [
    REDEMPTION,
    address(holder),
    uint(payee, 32),
    uint(amount, 40),
    uint(nonce, 32),
    uint(deadline, 48),
  ])
}

/** The 66 bytes to sign with ES256 so that the contract takes the objection. @throws RangeError outside its fields */
export function objectionMessage(domain: MileageDomain, objection: Objection): Uint8Array {
  const { holder, nonce, deadline } = objection
  return typedMessage(domain, [OBJECTION, address(holder), uint(nonce, 32), uint(deadline, 48)])
}

/** The name under which the contract knows a payment: SHA-256 of its message. */
export function redemptionDigest(domain: MileageDomain, payment: Payment): Hex {
  return toHex(sha256(paymentMessage(domain, payment)))
}

/**
 * The account of a P-256 key, lower case: the last 20 bytes of keccak256(x || y).
 * @param jwk Coordinates as in RFC 7518, section 6.2: base64url of 32 bytes each.
 * @throws RangeError when they are not.
 */
export function holderAddress(jwk: { x: string; y: string }): Hex {
  const key = concatBytes(coordinate(jwk.x), coordinate(jwk.y))
  return toHex(keccak_256(key).slice(12))
}

/**
 * The same signature with `s` in the lower half, the one form that the contract takes; WebCrypto gives either.
 * @param signature ES256, 64 bytes r || s.
 */
export function lowS(signature: Uint8Array): Uint8Array {
  if (signature.length !== 64) throw new RangeError('An ES256 signature has 64 bytes.')
  const s = BigInt(toHex(signature.slice(32)))
  if (s <= ORDER / 2n) return signature
  return concatBytes(signature.slice(0, 32), uint(ORDER - s, 256))
}

/** EIP-712: 0x1901, the domain's hash, the struct's. */
function typedMessage({ chainId, contract }: MileageDomain, struct: Uint8Array[]): Uint8Array {
  const domain = [DOMAIN, NAME, VERSION, uint(chainId, 256), address(contract)]
  return concatBytes(
    Uint8Array.of(0x19, 0x01),
    keccak_256(concatBytes(...domain)),
    keccak_256(concatBytes(...struct)),
  )
}

/** A word of the ABI. */
function uint(value: number | bigint, bits: number): Uint8Array {
  const number = BigInt(value)
  if (number < 0n || number >= 1n << BigInt(bits)) throw new RangeError(`${number} is not a uint${bits}.`)
  return hexToBytes(number.toString(16).padStart(64, '0'))
}

function address(hex: Hex): Uint8Array {
  if (!/^0x[0-9a-fA-F]{40}$/.test(hex)) throw new RangeError(`${hex} is not an address.`)
  return hexToBytes(hex.slice(2).padStart(64, '0'))
}

/** A coordinate of a JWK: 32 bytes. @throws RangeError */
export function coordinate(base64url: string): Uint8Array {
  const bytes = Uint8Array.from(
    atob(base64url.replaceAll('-', '+').replaceAll('_', '/')),
    (character) => character.codePointAt(0) ?? 0,
  )
  if (bytes.length !== 32) throw new RangeError('A coordinate of a P-256 key has 32 bytes.')
  return bytes
}

const toHex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
