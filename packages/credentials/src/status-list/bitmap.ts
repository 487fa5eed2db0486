/** Status types of Token Status List section 7.1, as far as we use them. */
export const STATUS = { valid: 0, revoked: 1, suspended: 2 } as const

/** How many bits a status takes. One bit knows valid and revoked alone. */
export type StatusBits = 1 | 2 | 4 | 8

/** A list of `size` entries, all valid. */
export function createStatusBitmap(size: number, bits: StatusBits): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError('a status list has at least one entry')
  return new Uint8Array(Math.ceil((size * bits) / 8))
}

/** The status at `index`. Throws a RangeError outside the list. */
export function getStatus(bitmap: Uint8Array, bits: StatusBits, index: number): number {
  const { byte, shift, mask } = locate(bitmap, bits, index)
  return ((bitmap[byte] ?? 0) >> shift) & mask
}

/** Writes the status at `index` into `bitmap` itself. Throws a RangeError outside the list or the bits. */
export function setStatus(bitmap: Uint8Array, bits: StatusBits, index: number, status: number): void {
  const { byte, shift, mask } = locate(bitmap, bits, index)
  if (!Number.isInteger(status) || status < 0 || status > mask)
    throw new RangeError('status does not fit the bits')
  bitmap[byte] = ((bitmap[byte] ?? 0) & ~(mask << shift)) | (status << shift)
}

/** Entries fill each byte from its least significant bit (Token Status List section 4.1). */
function locate(
  bitmap: Uint8Array,
  bits: StatusBits,
  index: number,
): { byte: number; shift: number; mask: number } {
  const perByte = 8 / bits
  if (!Number.isSafeInteger(index) || index < 0 || index >= bitmap.length * perByte) {
    throw new RangeError('index outside the status list')
  }
  return { byte: Math.floor(index / perByte), shift: (index % perByte) * bits, mask: (1 << bits) - 1 }
}
