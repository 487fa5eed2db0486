import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** An authenticator in software: makes and uses one passkey as a browser would report it (WebAuthn Level 3). */
export function createAuthenticator(origin: string, rpId = new URL(origin).hostname) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const jwk = publicKey.export({ format: 'jwk' })
  const id = randomBytes(16)
  let counter = 0
  const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest()
  const clientData = (type: string, challenge: string, from: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: from, crossOrigin: false }))
  const authenticatorData = (flags: number, extra: Uint8Array = new Uint8Array()) => {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, extra])
  }
  const shared = {
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key' as const,
    clientExtensionResults: {},
  }
  return {
    id: shared.id,
    setCounter: (value: number) => {
      counter = value
    },
    create: (challenge: string, from = origin) => {
      const cose = map([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(jwk.x ?? '', 'base64url')],
        [-3, Buffer.from(jwk.y ?? '', 'base64url')],
      ])
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const attested = Buffer.concat([Buffer.alloc(16), length, id, cose])
      const attestation = map([
        ['fmt', 'none'],
        ['attStmt', map([])],
        ['authData', authenticatorData(0x45, attested)],
      ])
      return {
        ...shared,
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, from).toString('base64url'),
          attestationObject: attestation.toString('base64url'),
          transports: ['internal'],
        },
      }
    },
    get: (challenge: string, from = origin) => {
      counter++
      const data = authenticatorData(0x05)
      const client = clientData('webauthn.get', challenge, from)
      return {
        ...shared,
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: sign('sha256', Buffer.concat([data, sha256(client)]), privateKey).toString('base64url'),
        },
      }
    },
  }
}

/** Maps are encoded already when they are put into another. */
const MAPS = new WeakSet<Buffer>()

/** As much of CBOR (RFC 8949) as an attestation needs. */
function item(value: number | string | Uint8Array): Buffer {
  if (value instanceof Buffer && MAPS.has(value)) return value
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value)
  return Buffer.concat([head(typeof value === 'string' ? 3 : 2, bytes.length), bytes])
}

function map(entries: [number | string, number | string | Uint8Array][]): Buffer {
  const parts = entries.flatMap(([key, value]) => [item(key), item(value)])
  const encoded = Buffer.concat([head(5, entries.length), ...parts])
  MAPS.add(encoded)
  return encoded
}

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value])
  return value < 256
    ? Buffer.from([(major << 5) | 24, value])
    : Buffer.from([(major << 5) | 25, value >> 8, value & 255])
}
