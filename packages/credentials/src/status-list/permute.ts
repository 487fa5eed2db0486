import { CredentialError } from '../error.ts'

/** A keyed pseudo-random function: at least eight hex digits for a text, such as an HMAC. */
export type Prf = (input: string) => string

const ROUNDS = 8

/**
 * The n-th index of a list of `size` entries in an order that only the key's owner can tell: a bijection of
 * [0, size). So each copy gets an index that is free without searching, and neighbours in the list say nothing about
 * who was issued together. A Feistel network over the next power of two, walked until it lands inside the list: with
 * a power of two for a size it costs eight calls of `prf`. Throws a RangeError when `n` is outside.
 */
export function permute(n: number, size: number, prf: Prf): number {
  if (!Number.isSafeInteger(size) || size < 1 || size > 2 ** 30)
    throw new RangeError('size must be within 1 and 2^30')
  if (!Number.isSafeInteger(n) || n < 0 || n >= size) throw new RangeError('the list is full')
  const bits = Math.ceil(Math.log2(size))
  let index = n
  do index = feistel(index, bits, prf)
  while (index >= size)
  return index
}

/** The halves may differ by a bit: they change places each round, and are back where they were after an even number. */
function feistel(input: number, bits: number, prf: Prf): number {
  let leftBits = bits >> 1
  let rightBits = bits - leftBits
  let left = input >>> rightBits
  let right = input & (2 ** rightBits - 1)
  for (let round = 0; round < ROUNDS; round++) {
    const word = Number.parseInt(prf(`${round}:${right}`).slice(0, 8), 16)
    if (Number.isNaN(word))
      throw new CredentialError('invalid_parameter', 'The function for indices does not answer in hex.')
    ;[left, right] = [right, (left ^ word) & (2 ** leftBits - 1)]
    ;[leftBits, rightBits] = [rightBits, leftBits]
  }
  return (left << rightBits) | right
}
