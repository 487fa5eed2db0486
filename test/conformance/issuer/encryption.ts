import { describe, expect, test } from 'vitest'
import { scopeOf, tokenBySignIn } from '../authorize.ts'
import { decryptWith, encryptionJwk, encryptTo } from '../encryption.ts'
import { type Json, jti, newKey, newKeys } from '../jose.ts'
import { newWallet, type Setup, typeOf } from './setup.ts'

export function encryptionTests(setup: () => Setup): void {
  /** Asks in an encrypted request for an encrypted answer; `change` bends the request before it is encrypted. */
  async function ask(change: (request: Json) => void = () => {}, enc = 'A256GCM') {
    const client = await newWallet(setup())
    const scope = scopeOf(client, typeOf(setup()))
    const { access_token: accessToken } = await tokenBySignIn(client, { scope })
    const key = await newKey()
    const keys = await newKeys(1)
    const once = async (zip?: string) => {
      const request = {
        credential_configuration_id: typeOf(setup()),
        proofs: { jwt: client.proofs(keys, await client.nonce()) },
        credential_response_encryption: { jwk: encryptionJwk(key), enc, ...(zip ? { zip } : {}) },
      }
      change(request)
      const [jwk] = client.issuer.credential_request_encryption.jwks.keys
      return client.credential(await encryptTo(jwk, request, { enc }), { accessToken })
    }
    return { once, key, keys }
  }

  describe('encryption of credential requests and answers', () => {
    test.each(['A128GCM', 'A256GCM'])('both ways with %s', async (enc) => {
      const { once, key, keys } = await ask(undefined, enc)
      const answer = await once()
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toContain('application/jwt')
      const { header, content } = await decryptWith(key, answer.text)
      expect(header).toMatchObject({ alg: 'ECDH-ES', enc, kid: encryptionJwk(key).kid })
      expect(content.credentials).toHaveLength(keys.length)
    })

    test('a wish for compression is not a reason to refuse', async () => {
      const { once, key } = await ask()
      await once()
      const answer = await once('DEF')
      expect(answer.status).toBe(200)
      expect((await decryptWith(key, answer.text)).content.credentials).toHaveLength(1)
    })

    test('an error is answered in the clear, also to an encrypted request', async () => {
      const { once } = await ask((request) => {
        request.credential_configuration_id = `unknown-${jti()}`
      })
      const answer = await once()
      expect(answer.status).toBe(400)
      expect(answer.headers.get('content-type')).toContain('application/json')
      expect(answer.body.error).toBe('unknown_credential_configuration')
    })

    test('a key for an algorithm that is not supported', async () => {
      const { once } = await ask((request) => {
        request.credential_response_encryption.jwk.alg = 'UNSUPPORTED_ALG'
      })
      const answer = await once()
      expect(answer.status).toBe(400)
      expect(answer.body.error).toBe('invalid_encryption_parameters')
    })
  })
}
