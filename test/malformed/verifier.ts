import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encryptTo } from '../conformance/encryption.ts'
import { send } from '../conformance/http.ts'
import { type Json, now } from '../conformance/jose.ts'
import { type Copy, fetchRequest, present, respond } from '../conformance/presentation.ts'
import { faultyCompact, faultyForm, faultyJson, faultyJwe, type JsonObject } from './mutations.ts'
import { CODES, refuses, type Suite, spoilt, urlEncoded } from './refusals.ts'

/** Registers the properties; the suite is filled when they run. */
export function verifier(suite: Suite): void {
  describe('the verifier', () => {
    const ask = async (): Promise<Json> =>
      (await suite.city.call('verifier', '/api/verifications', { template: 'age-19' })).body
    const DISCLOSE = ['age_equal_or_over', '19']

    test('refuses a call for the request object with any field spoilt', async () => {
      const { requestUri } = await ask()
      const url = new URLSearchParams(requestUri.split('?')[1]).get('request_uri') ?? ''
      await refuses({
        arbitrary: faultyForm([
          ['wallet_nonce', 'a-nonce'],
          ['wallet_metadata', JSON.stringify({ vp_formats_supported: { 'dc+sd-jwt': {} } })],
        ]),
        codes: CODES.verifier,
        send: (form) =>
          send(url, { headers: { accept: 'application/oauth-authz-req+jwt' }, ...urlEncoded(form) }),
      })
    })

    test('refuses an answer with any field spoilt', async () => {
      const { request } = await fetchRequest((await ask()).requestUri)
      await refuses({
        arbitrary: fc.oneof(
          faultyForm([['response', 'a.b.c.d.e']]),
          faultyForm([
            ['error', 'access_denied'],
            ['state', 'another'],
          ]),
        ),
        codes: CODES.verifier,
        send: (form) => send(request.response_uri, urlEncoded(form)),
      })
    })

    test('refuses a JWE that was spoilt on its way, or made otherwise', async () => {
      const { request } = await fetchRequest((await ask()).requestUri)
      const [jwk] = request.client_metadata.jwks.keys
      const jwe = await encryptTo(jwk, { vp_token: {}, state: request.state }, { enc: 'A128GCM' })
      await refuses({
        arbitrary: faultyJwe(jwe),
        codes: CODES.verifier,
        send: (response) => send(request.response_uri, { form: { response } }),
      })
    })

    /** A request that is decided takes no second answer, so each run asks anew. */
    const answering = async (make: (request: Json) => { presentations: Json; content?: Json }) => {
      const { request } = await fetchRequest((await ask()).requestUri)
      const { presentations, content } = make(request)
      return respond(request, presentations, { content })
    }
    const shown = (request: Json, more: Partial<Parameters<typeof present>[1]> = {}) =>
      present(suite.copies[0] as Copy, {
        disclose: DISCLOSE,
        nonce: request.nonce,
        aud: request.client_id,
        ...more,
      })
    const queryOf = (request: Json): string => request.dcql_query.credentials[0]?.id ?? ''

    test('refuses a vp_token with any member spoilt', () =>
      refuses({
        arbitrary: faultyJson<JsonObject>({ vp_token: { credential: ['a~b~c'] }, state: 'a' }),
        codes: CODES.verifier,
        send: (content) => answering(() => ({ presentations: {}, content })),
      }))

    test('refuses a presentation that was cut, or changed in one place', () =>
      refuses({
        arbitrary: faultyCompact('0'.repeat(1500)).map(({ what, message }) => ({
          what,
          message: message.length,
        })),
        codes: CODES.verifier,
        send: (at) =>
          answering((request) => {
            const good = shown(request)
            const place = at % good.length
            const bad = good.slice(0, place) + (good[place] === 'A' ? 'B' : 'A') + good.slice(place + 1)
            return { presentations: { [queryOf(request)]: [at % 3 === 0 ? good.slice(0, place) : bad] } }
          }),
      }))

    test('refuses a key binding with any claim or header spoilt', () =>
      refuses({
        arbitrary: fc.oneof(
          spoilt('claims', { iat: now(), aud: 'a', nonce: 'b', sd_hash: 'c' }),
          spoilt('header', { typ: 'kb+jwt', alg: 'ES256' }),
        ),
        codes: CODES.verifier,
        send: (bend) =>
          answering((request) => ({ presentations: { [queryOf(request)]: [shown(request, { bend })] } })),
      }))

    test('accepts, after all of that, an answer that is right', async () => {
      const { id, requestUri } = await ask()
      const { request } = await fetchRequest(requestUri)
      expect(await respond(request, { [queryOf(request)]: [shown(request)] })).toMatchObject({ status: 200 })
      const { body } = await suite.city.call('verifier', `/api/verifications/${id}`)
      expect(body).toMatchObject({ state: 'accepted' })
    })
  })
}
