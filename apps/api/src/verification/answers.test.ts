import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGE, attemptsAt, openDesk } from './testing/attempts.ts'
import type { Desk } from './testing/desk.ts'
import {
  type Asked,
  ask,
  encrypt,
  fetchRequest,
  type Held,
  type Issuer,
  post,
  present,
  type RequestObject,
  result,
  send,
} from './testing/wallet.ts'

describe.each(['embedded', 'server'] as const)('verification (%s database)', (kind) => {
  let desk: Desk
  let issuer: Issuer
  beforeAll(async () => {
    ;({ desk, issuer } = await openDesk(kind))
  })
  afterAll(() => desk?.stop())
  const { anchored, attempt } = attemptsAt(() => ({ desk, issuer }))

  describe('one request takes one answer', () => {
    it('of two at the same moment exactly one decides', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const presentations = await Promise.all(
        Array.from({ length: 8 }, async () => present(desk, request, await anchored())),
      )
      const answers = await Promise.all(
        presentations.map((presentation) => send(desk, request, presentation)),
      )
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      for (const { status, body } of answers)
        if (status !== 200) expect(body).toMatchObject({ code: 'already_answered' })
    })

    it('also of two that reach different processes, neither of which knows of the other', async () => {
      const asked = await ask(desk, AGE)
      const other = desk.another()
      await other.requestObject(asked.id)
      const request = await fetchRequest(desk, asked)
      const jwe = async () => {
        const vp_token = { resident: [await present(desk, request, await anchored())] }
        return encrypt(request, { vp_token, state: request.state })
      }
      await desk.verification.answer(asked.id, await jwe())
      await expect(other.answer(asked.id, await jwe())).rejects.toMatchObject({
        extra: { code: 'already_answered' },
      })
      await other.stop()
    })

    it('a second answer changes nothing, also after a refusal', async () => {
      const held = await anchored()
      const { asked, request } = await attempt(held, { paths: [['name_ko']] })
      const answer = await send(desk, request, await present(desk, request, held))
      expect(answer).toMatchObject({ status: 400, body: { code: 'already_answered' } })
      expect((await result(desk, asked)).state).toBe('refused')
    })

    it('an expired request takes none', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const held = await anchored()
      desk.forward(301)
      expect((await send(desk, request, await present(desk, request, held))).body).toMatchObject({
        code: 'request_expired',
      })
      expect((await result(desk, asked)).state).toBe('expired')
      expect(await (await desk.get(`/verifier/requests/${asked.id}`)).json()).toMatchObject({
        code: 'request_expired',
      })
    })

    it('learns that the holder declined, from who has read the request', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      expect((await post(desk, request.response_uri, { error: 'access_denied' })).status).toBe(400)
      const denied = { error: 'access_denied', state: request.state }
      expect(await post(desk, request.response_uri, denied)).toEqual({ status: 200, body: {} })
      expect(await result(desk, asked)).toMatchObject({ state: 'refused', refusal: 'declined', checks: [] })
    })
  })

  describe('what cannot be read leaves the request open', () => {
    let asked: Asked
    let request: RequestObject
    let held: Held
    beforeAll(async () => {
      held = await anchored()
      asked = await ask(desk, AGE)
      request = await fetchRequest(desk, asked)
    })
    const expectUnread = async (fields: Record<string, string>) => {
      const answer = await post(desk, request.response_uri, fields)
      expect(answer).toMatchObject({
        status: 400,
        body: { error: 'invalid_request', code: 'malformed_response' },
      })
      expect((await result(desk, asked)).state).toBe('fetched')
    }

    it('an answer that is not encrypted', async () => {
      const presentation = await present(desk, request, held)
      await expectUnread({ vp_token: JSON.stringify({ resident: [presentation] }), state: request.state })
    })

    it('an answer encrypted to the request of another verifier', async () => {
      const museum = await fetchRequest(desk, await ask(desk, AGE, 'museum'))
      const vp_token = { resident: [await present(desk, museum, held)] }
      await expectUnread({ response: await encrypt(museum, { vp_token, state: museum.state }) })
    })

    it.each([
      ['no JWE', () => 'a.b.c.d.e'],
      ['too few parts', () => 'abc'],
      ['nothing', () => ''],
    ])('%s', (_, response) => expectUnread({ response: response() }))

    it.each<[string, (request: RequestObject) => unknown]>([
      ['text', () => 'hello'],
      ['a vp_token that is a string', ({ state }) => ({ vp_token: 'x', state })],
      ['two presentations for one query', ({ state }) => ({ vp_token: { resident: ['a~', 'b~'] }, state })],
      ['a presentation that is no SD-JWT', ({ state }) => ({ vp_token: { resident: ['rubbish'] }, state })],
      ['an answer to no question of ours', ({ state }) => ({ vp_token: { other: ['a~'] }, state })],
      ['another state', () => ({ vp_token: {}, state: 'other' })],
    ])('decrypted: %s', async (_, payload) =>
      expectUnread({ response: await encrypt(request, payload(request)) }),
    )

    it('an altered JWE', async () => {
      const jwe = await encrypt(request, { vp_token: {}, state: request.state })
      const parts = jwe.split('.')
      parts[3] = randomBytes(40).toString('base64url')
      await expectUnread({ response: parts.join('.') })
    })

    it('another content type, and a body beyond measure', async () => {
      const path = new URL(request.response_uri).pathname
      expect((await desk.post(path, { response: 'x' })).status).toBe(415)
      expect((await desk.form(path, { response: 'x'.repeat(300_000) })).status).toBe(413)
    })

    it('and after all that the real answer is taken', async () => {
      expect((await send(desk, request, await present(desk, request, held))).status).toBe(200)
    })
  })

  describe('an answer that lacks a credential', () => {
    it('is refused', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const response = await encrypt(request, { vp_token: {}, state: request.state })
      expect((await post(desk, request.response_uri, { response })).body).toMatchObject({
        code: 'missing_disclosure',
      })
      expect((await result(desk, asked)).state).toBe('refused')
    })
  })
})
