import { beforeAll, describe, expect, test } from 'vitest'
import { authorize, redeem, scopeOf, tokenBySignIn } from '../authorize.ts'
import { breakSignature, encode, jti, newKey, newKeys, now, read, sha256, signature } from '../jose.ts'
import type { Proof, ResourceOptions, WalletClient } from '../wallet-client.ts'
import { newWallet, type Setup, typeOf } from './setup.ts'

export function dpopTests(setup: () => Setup): void {
  let client: WalletClient
  let accessToken: string

  async function ask(options: Partial<ResourceOptions>) {
    const proofs = { jwt: client.proofs(await newKeys(1), await client.nonce()) }
    return client.credential(
      { credential_configuration_id: typeOf(setup()), proofs },
      { accessToken, ...options },
    )
  }
  /** A request that came through as far as the credential: keys differ each time, so it may be refused only there. */
  const expectTaken = async (dpop: Proof, options: Partial<ResourceOptions> = {}) => {
    const { status, body } = await ask({ dpop, ...options })
    expect([status, body.error ?? '']).toEqual([200, ''])
  }
  const expectRefused = async (options: Partial<ResourceOptions>) => {
    const answer = await ask(options)
    expect([400, 401]).toContain(answer.status)
    expect(answer.body.error).toEqual(expect.any(String))
  }
  const resigned = (change: (header: object, payload: object) => [object, object]) => (made: string) => {
    const { header, payload } = read(made)
    const input = change(header, payload).map(encode).join('.')
    return `${input}.${signature(input, client.dpopKey)}`
  }

  describe('DPoP at the credential endpoint', () => {
    beforeAll(async () => {
      client = await newWallet(setup())
      const scope = scopeOf(client, typeOf(setup()))
      accessToken = (await tokenBySignIn(client, { scope })).access_token
      const keys = await newKeys(1)
      // The first request settles the keys of this token; every later one repeats them.
      client.proofs = (
        (proofs) => (_keys, nonce, bend) =>
          proofs(keys, nonce, bend)
      )(client.proofs)
      await expectTaken({})
    })

    test('asks for a nonce, and the same request with it is then taken', async () => {
      const stranger = await newWallet(setup(), { dpopKey: client.dpopKey })
      const proof = { claims: { nonce: undefined } }
      const bare = await stranger.credential({}, { accessToken, dpop: proof })
      expect(bare.status).toBe(401)
      expect(bare.body.error).toBe('use_dpop_nonce')
      expect(bare.headers.get('dpop-nonce')).toBeTruthy()
      expect(bare.headers.get('www-authenticate')).toMatch(/^DPoP .*use_dpop_nonce/)
      await expectTaken({})
    })

    test.each<[string, Proof]>([
      ['with nbf and exp', { claims: { nbf: now(), exp: now() + 300 } }],
      ['made ten seconds ago', { claims: { iat: now() - 10 } }],
      ['made by a clock that is ten seconds fast', { claims: { iat: now() + 10 } }],
      ['with members that nobody knows', { header: { surprise: 1 }, claims: { surprise: 1 } }],
    ])('takes a proof %s', (_name, proof) => expectTaken(proof))

    test('takes the address with a query and fragment, without them, and in capitals', async () => {
      const { credential_endpoint: url } = client.issuer
      const { protocol, host, pathname } = new URL(url)
      await expectTaken({ claims: { htu: `${url}?a=b#c` } })
      await expectTaken({}, { url: `${url}?a=b` })
      await expectTaken({ claims: { htu: `${protocol.toUpperCase()}//${host.toUpperCase()}${pathname}` } })
    })

    test('takes the scheme in any case', async () => {
      await expectTaken({}, { scheme: 'dPoP' })
    })

    test.each(['typ', 'alg', 'jwk'])('refuses a proof without %s', (name) =>
      expectRefused({
        dpop: { jwt: resigned((header, payload) => [{ ...header, [name]: undefined }, payload]) },
      }),
    )

    test.each(['jti', 'htm', 'htu', 'iat', 'ath'])('refuses a proof without %s', (name) =>
      expectRefused({ dpop: { claims: { [name]: undefined } } }),
    )

    test.each<[string, () => Proof | Promise<Proof>]>([
      ['of another type', () => ({ header: { typ: 'jwt' } })],
      [
        'with the private key in it',
        () => ({ header: { jwk: client.dpopKey.privateKey.export({ format: 'jwk' }) } }),
      ],
      ['for another method', () => ({ claims: { htm: 'PUT' } })],
      ['for another address', () => ({ claims: { htu: 'https://other.example/credential' } })],
      ['for another token', () => ({ claims: { ath: sha256('another token') } })],
      ['whose signature does not match', () => ({ jwt: breakSignature })],
      ['of another key', async () => ({ key: await newKey() })],
      ['that is no JWT', () => ({ jwt: () => 'not-a-jwt' })],
      ['that is two', () => ({ jwt: (made) => `${made}, ${made}` })],
      [
        'of alg none',
        () => ({
          jwt: (made) => {
            const { header, payload } = read(made)
            return `${encode({ ...header, alg: 'none' })}.${encode(payload)}.`
          },
        }),
      ],
    ])('refuses a proof %s', async (_name, proof) => expectRefused({ dpop: await proof() }))

    test('refuses the same proof a second time', async () => {
      const dpop = { claims: { jti: jti() } }
      await expectTaken(dpop)
      await expectRefused({ dpop })
    })

    test('refuses a token without a proof, also as a bearer token', async () => {
      await expectRefused({ dpop: 'none' })
      await expectRefused({ dpop: 'none', scheme: 'Bearer' })
    })

    test('still takes what is right', () => expectTaken({}))
  })

  describe('DPoP at the authorization server', () => {
    test.each([-10, 10])(
      'takes proofs whose clock is %i seconds off, and nbf and exp in them',
      async (seconds) => {
        const wallet = await newWallet(setup())
        const dpop = { claims: { iat: now() + seconds, nbf: now(), exp: now() + 300 } }
        const scope = scopeOf(wallet, typeOf(setup()))
        const authorization = await authorize(wallet, { scope }, { par: { dpop } })
        expect((await redeem(wallet, authorization, {}, { dpop })).status).toBe(200)
      },
    )
  })
}
