import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { AgentError } from '../errors.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16
/** First byte of everything sealed, so that another algorithm can follow one day. */
const VERSION = 1

export type Sealing = {
  seal(purpose: string, plaintext: Uint8Array): Uint8Array<ArrayBuffer>
  open(purpose: string, sealed: Uint8Array): Uint8Array<ArrayBuffer>
  mac(purpose: string, data: string): string
}

/**
 * Sealing and authentication under keys derived from the master key (HKDF-SHA256, RFC 5869). Sealed bytes are
 * version || nonce || ciphertext || tag of AES-256-GCM, with the purpose as associated data: moved to another
 * place they do not open. What is sealed in one domain cannot be opened in the other.
 */
export function createSealing(masterKey: Uint8Array, domain: 'data' | 'keys'): Sealing {
  if (masterKey.length !== 32)
    throw new AgentError('master_key_invalid', 'The master key must have 32 bytes.')
  // Key objects: with plain bytes each use costs node:crypto three times as much.
  const derive = (info: string) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(), info, 32)))
  const sealingKey = derive(`incheon-pass/seal/v1/${domain}`)
  const macKeys = new Map<string, KeyObject>()

  return {
    seal(purpose, plaintext) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce)
      cipher.setAAD(Buffer.from(purpose))
      const body = [cipher.update(plaintext), cipher.final()]
      return new Uint8Array(Buffer.concat([Uint8Array.of(VERSION), nonce, ...body, cipher.getAuthTag()]))
    },
    open(purpose, sealed) {
      if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw cannotOpen(purpose)
      const decipher = createDecipheriv('aes-256-gcm', sealingKey, sealed.subarray(1, 1 + NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(Buffer.from(purpose))
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      try {
        const body = decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES))
        return new Uint8Array(Buffer.concat([body, decipher.final()]))
      } catch (cause) {
        throw cannotOpen(purpose, cause)
      }
    },
    mac(purpose, data) {
      let key = macKeys.get(purpose)
      if (!key) {
        key = derive(`incheon-pass/mac/v1/${domain}/${purpose}`)
        macKeys.set(purpose, key)
      }
      return createHmac('sha256', key).update(data).digest('hex')
    },
  }
}

function cannotOpen(purpose: string, cause?: unknown) {
  return new AgentError(
    'cannot_open',
    `What was sealed as "${purpose}" does not open: it was altered or moved, or the master key is another one.`,
    { cause },
  )
}
