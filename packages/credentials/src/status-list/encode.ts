import { decodeBase64url, encodeBase64url } from '../encoding/base64url.ts'
import { CredentialError } from '../error.ts'

/** Largest list that is unpacked: four million entries of two bits. */
const MAX_LIST_BYTES = 1_048_576

/** `lst`: the bitmap in zlib format (RFC 1950), base64url (Token Status List section 4.1). */
export async function encodeStatusList(bitmap: Uint8Array): Promise<string> {
  return encodeBase64url(
    await collect(pipe(bitmap, new CompressionStream('deflate')), Number.POSITIVE_INFINITY),
  )
}

/** Unpacks `lst`. Throws `invalid_status_list`, also when it would grow beyond `maxBytes`. */
export async function decodeStatusList(
  lst: string,
  maxBytes = MAX_LIST_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await collect(pipe(decodeBase64url(lst), new DecompressionStream('deflate')), maxBytes)
  } catch (cause) {
    throw new CredentialError('invalid_status_list', 'The status list cannot be unpacked.', { cause })
  }
}

function pipe(
  bytes: Uint8Array,
  through: CompressionStream | DecompressionStream,
): ReadableStream<Uint8Array> {
  return new Blob([Uint8Array.from(bytes)]).stream().pipeThrough(through)
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = stream.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    length += read.value.length
    if (length > maxBytes) {
      await reader.cancel()
      throw new RangeError('larger than allowed')
    }
    chunks.push(read.value)
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}
