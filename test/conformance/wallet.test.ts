import type { Holder } from '@pass/holder'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificate } from './certificates.ts'
import { breakSignature, encode, newKey, read } from './jose.ts'
import { CARD, type Peer, startPeer } from './peer.ts'
import { createPeerHolder } from './peer-holder.ts'
import {
  type Asked,
  type Bend,
  cardQuery,
  createPeerVerifier,
  UNKNOWN_TRANSACTION,
  UNUSABLE_KEYS,
  withAbsent,
} from './peer-verifier.ts'
import { shown } from './shown.ts'

// What the certification suite's plan for wallets checks; docs/conformance.md names each module with its test.

let peer: Peer
let verifier: Awaited<ReturnType<typeof createPeerVerifier>>
let holder: Holder

beforeAll(async () => {
  peer = await startPeer()
  verifier = await createPeerVerifier(peer)
  holder = await createPeerHolder(peer)
})
afterAll(() => peer?.stop())

async function presentTo(asked: Asked) {
  const outcome = await holder.present(await holder.readRequest(asked.link))
  return { outcome, ...(await asked.response()) }
}

/** The wallet must stop with this code, and must not post anything, not even an error. */
async function expectStopped(bend: Bend, code: string) {
  const asked = await verifier.ask(bend)
  await expect(
    holder.readRequest(asked.link).then((preview) => holder.present(preview)),
  ).rejects.toMatchObject({
    code,
    shared: false,
  })
  expect((await asked.response()).posts).toEqual([])
}

describe('our wallet answers a verifier by direct_post.jwt', () => {
  test('with one encrypted answer that holds what was asked and no more', async () => {
    const asked = await verifier.ask()
    const { outcome, posts, form, jwe, content } = await presentTo(asked)
    expect(outcome).toEqual({ outcome: 'accepted' })
    expect(posts).toHaveLength(1)
    expect(posts[0]).toMatchObject({ method: 'POST', query: '' })
    expect(posts[0]?.headers['content-type']).toContain('application/x-www-form-urlencoded')
    expect([...form.keys()]).toEqual(['response'])
    const [key] = asked.request.client_metadata.jwks.keys
    expect(jwe).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid })
    expect([undefined, 'json']).toContain(jwe.cty)
    expect(Object.keys(content)).toEqual(['vp_token'])
    expect(Object.keys(content.vp_token)).toEqual(['card'])
    expect(content.vp_token.card).toHaveLength(1)
    const { client_id: aud, nonce } = asked.request
    expect(await shown(content.vp_token.card[0], { aud, nonce })).toEqual({ birth_date: CARD.birth_date })
  })

  test('with a long state and nonce, a strange iss and parameter, an unmarked key, and follows redirect_uri', async () => {
    const state = 's'.repeat(64)
    const nonce = 'n'.repeat(43)
    const redirect = `${peer.url}/done#code-of-the-verifier`
    const asked = await verifier.ask({
      claims: { state, nonce, iss: 'https://somebody.example', surprise: 'to be ignored' },
      reply: { redirect_uri: redirect },
    })
    delete asked.request.client_metadata.jwks.keys[0].use
    const { client_id, request_uri } = Object.fromEntries(new URL(asked.link).searchParams)
    const reordered = new URLSearchParams({ request_uri: request_uri ?? '', client_id: client_id ?? '' })
    const { outcome, content } = await presentTo({ ...asked, link: `openid4vp://?${reordered}` })
    expect(outcome).toEqual({ outcome: 'accepted', redirectUri: redirect })
    expect(content.state).toBe(state)
    expect(await shown(content.vp_token.card[0], { aud: asked.request.client_id, nonce })).toEqual({
      birth_date: CARD.birth_date,
    })
  })

  test('fetching the request by POST when told so, with a nonce of its own', async () => {
    const asked = await verifier.ask({ link: { request_uri_method: 'post' } })
    await presentTo(asked)
    expect(asked.fetched).toHaveLength(1)
    const [fetched] = asked.fetched
    expect(fetched).toMatchObject({ method: 'POST', query: '' })
    expect(fetched?.headers['content-type']).toContain('application/x-www-form-urlencoded')
    expect(fetched?.headers.accept).toContain('application/oauth-authz-req+jwt')
    const parameters = [...new URLSearchParams(fetched?.body).keys()]
    expect(parameters).toContain('wallet_nonce')
    for (const name of parameters) expect(['wallet_nonce', 'wallet_metadata']).toContain(name)
    const forgetful = { claims: { wallet_nonce: 'another' }, link: { request_uri_method: 'post' } }
    await expectStopped(forgetful, 'request_malformed')
  })

  test('encrypting to the one key it can use, beside keys that it cannot', async () => {
    const { jwe, content } = await presentTo(await verifier.ask({ extraKeys: UNUSABLE_KEYS }))
    expect(UNUSABLE_KEYS.map(({ kid }) => kid)).not.toContain(jwe.kid)
    expect(content.vp_token).toHaveProperty('card')
  })

  test('with A128GCM when the verifier names no cipher', async () => {
    const asked = await verifier.ask()
    delete asked.request.client_metadata.encrypted_response_enc_values_supported
    expect((await presentTo(asked)).jwe.enc).toBe('A128GCM')
  })

  test('disclosing a claim less when a claim less is asked', async () => {
    const disclosed = async (claims: string[]) => {
      const asked = await verifier.ask({ dcql: cardQuery(claims) })
      const { content } = await presentTo(asked)
      const { client_id: aud, nonce } = asked.request
      return shown(content.vp_token.card[0], { aud, nonce })
    }
    const { name, birth_date } = CARD
    expect(await disclosed(['name', 'birth_date'])).toEqual({ name, birth_date })
    expect(await disclosed(['name'])).toEqual({ name })
  })

  test('disclosing nothing when no claim is asked', async () => {
    const asked = await verifier.ask({ dcql: cardQuery([]) })
    const { content } = await presentTo(asked)
    const { client_id: aud, nonce } = asked.request
    expect(await shown(content.vp_token.card[0], { aud, nonce })).toEqual({})
  })

  test('leaving out an optional credential that it does not have', async () => {
    const { content } = await presentTo(await verifier.ask({ dcql: withAbsent(false) }))
    expect(Object.keys(content.vp_token)).toEqual(['card'])
  })
})

describe('our wallet stops, and nothing is posted', () => {
  test("when the request's signature does not match", () =>
    expectStopped({ jwt: breakSignature }, 'verifier_untrusted'))

  test('when the request names another client id than the link', async () => {
    const right = (await verifier.ask()).request.client_id
    await expectStopped({ claims: { client_id: `${right}-mismatched` } }, 'verifier_untrusted')
  })

  test('when there is a redirect_uri beside the response_uri', () =>
    expectStopped({ claims: { redirect_uri: `${peer.url}/responses` } }, 'request_malformed'))

  test('when there is no nonce', () => expectStopped({ claims: { nonce: undefined } }, 'request_malformed'))

  test.each([
    'invalid_scheme',
    'x509_san_dns',
    'redirect_uri',
    'decentralized_identifier',
    'openid_federation',
  ])('when the verifier goes by the prefix %s', async (prefix) => {
    const bare = (await verifier.ask()).request.client_id.replace(/^x509_hash:/, '')
    const id = prefix === 'redirect_uri' ? `redirect_uri:${peer.url}/responses` : `${prefix}:${bare}`
    await expectStopped({ claims: { client_id: id }, link: { client_id: id } }, 'verifier_untrusted')
  })

  test('when it is to approve a transaction of a kind it does not know', () =>
    expectStopped({ claims: { transaction_data: UNKNOWN_TRANSACTION } }, 'request_unsupported'))

  test('when a required credential is missing; declining then says access_denied and nothing else', async () => {
    await expectStopped({ dcql: withAbsent(true) }, 'nothing_matches')
    const asked = await verifier.ask({ dcql: withAbsent(true), claims: { state: 'of-this-request' } })
    const preview = await holder.readRequest(asked.link)
    expect(preview.satisfiable).toBe(false)
    await holder.decline(preview)
    const { posts, form, content } = await asked.response()
    expect(posts).toHaveLength(1)
    const answer = content ?? Object.fromEntries(form)
    expect(answer).toEqual({ error: 'access_denied', state: 'of-this-request' })
  })

  test('when the request is not signed, or the answer would not be encrypted', async () => {
    const unsigned = (made: string) => {
      const { header, payload } = read(made)
      return `${encode({ ...header, alg: 'none' })}.${encode(payload)}.`
    }
    await expectStopped({ jwt: unsigned }, 'request_malformed')
    await expectStopped({ claims: { response_mode: 'direct_post' } }, 'request_unsupported')
    const { request } = await verifier.ask()
    const inTheLink = new URLSearchParams(
      Object.entries(request).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : encode(value),
      ]),
    )
    await expect(holder.readRequest(`openid4vp://?${inTheLink}`)).rejects.toMatchObject({
      code: 'verifier_untrusted',
    })
  })

  test('when the certificate has run out, or is of another authority', async () => {
    const late = await peer.certify('verifier', { notAfter: new Date(Date.now() - 3_600_000) })
    await expectStopped({ certificate: late }, 'verifier_untrusted')
    const strange = await certificate({ name: 'Strange Root', key: await newKey(), ca: true })
    const foreign = await peer.certify('verifier', { issuer: strange })
    await expectStopped({ certificate: foreign }, 'verifier_untrusted')
  })

  test('when the address of the request leads elsewhere', async () => {
    const asked = await verifier.ask()
    peer.serve('/elsewhere', () => ({ status: 302, headers: { location: asked.requestUri }, body: '' }))
    const link = new URLSearchParams({
      client_id: asked.request.client_id,
      request_uri: `${peer.url}/elsewhere`,
    })
    await expect(holder.readRequest(`openid4vp://?${link}`)).rejects.toMatchObject({ code: 'network' })
    expect(asked.fetched).toEqual([])
  })
})
