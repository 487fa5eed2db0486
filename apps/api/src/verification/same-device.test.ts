import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGE, attemptsAt, openDesk } from './testing/attempts.ts'
import type { Desk } from './testing/desk.ts'
import {
  type Answer,
  type Asked,
  ask,
  encrypt,
  fetchRequest,
  type Held,
  type Issuer,
  type PresentOptions,
  post,
  present,
  result,
  send,
} from './testing/wallet.ts'

const BACK = 'https://library.example/back?session=1'

describe.each(['embedded', 'server'] as const)('on the same device (%s database)', (kind) => {
  let desk: Desk
  let issuer: Issuer
  beforeAll(async () => {
    ;({ desk, issuer } = await openDesk(kind))
  })
  afterAll(() => desk?.stop())
  const { anchored } = attemptsAt(() => ({ desk, issuer }))
  const asking = (redirectUri = BACK) => ask(desk, { ...AGE, redirectUri })

  async function answer(asked: Pick<Asked, 'id'>, held: Held, options: PresentOptions = {}): Promise<Answer> {
    const request = await fetchRequest(desk, asked)
    return send(desk, request, await present(desk, request, held, options))
  }
  const codeIn = ({ body }: Answer) =>
    new URLSearchParams(new URL(String(body['redirect_uri'])).hash.slice(1)).get('response_code') ?? ''
  async function comeBack(id: string, code: string, principal = 'library') {
    const response = await desk.post(`/api/verifications/${id}/return`, { response_code: code }, principal)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const PENDING = { state: 'answered', refusal: null, checks: [], claims: null, claimsDropped: false }

  it('the wallet is told where to send the browser, with a code that nobody can guess', async () => {
    const [one, two] = [
      await answer(await asking(), await anchored()),
      await answer(await asking(), await anchored()),
    ]
    expect(one.status).toBe(200)
    expect(Object.keys(one.body)).toEqual(['redirect_uri'])
    expect(one.body['redirect_uri']).toMatch(
      /^https:\/\/library\.example\/back\?session=1#response_code=[\w-]{43}$/,
    )
    expect(codeIn(one)).not.toBe(codeIn(two))
  })

  it('nothing counts and nothing is told before the browser is back; then all of it, once', async () => {
    const asked = await asking()
    const code = codeIn(await answer(asked, await anchored()))
    expect(await result(desk, asked)).toMatchObject(PENDING)
    const back = await comeBack(asked.id, code)
    expect(back.status).toBe(200)
    expect(back.body).toMatchObject({
      state: 'accepted',
      claims: { resident: { age_equal_or_over: { '19': true } } },
    })
    expect(await result(desk, asked)).toMatchObject({ state: 'accepted', claims: null, claimsDropped: true })
    expect(await comeBack(asked.id, code)).toMatchObject({
      status: 410,
      body: { code: 'verification_spent' },
    })
  })

  it('of many returns with one code exactly one counts', async () => {
    const asked = await asking()
    const code = codeIn(await answer(asked, await anchored()))
    const backs = await Promise.all(Array.from({ length: 6 }, () => comeBack(asked.id, code)))
    expect(backs.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(backs.filter(({ body }) => body['code'] === 'verification_spent')).toHaveLength(5)
  })

  it('why it is refused is told to the wallet, and to the verifier when the browser is back', async () => {
    const asked = await asking()
    const refused = await answer(asked, await anchored(), { paths: [['name_ko']] })
    expect(refused).toMatchObject({ status: 400, body: { code: 'missing_disclosure' } })
    expect(await result(desk, asked)).toMatchObject(PENDING)
    expect((await comeBack(asked.id, codeIn(refused))).body).toMatchObject({
      state: 'refused',
      refusal: 'missing_disclosure',
      claims: null,
    })
  })

  it('a citizen who says no comes back too', async () => {
    const asked = await asking()
    const { response_uri, state } = await fetchRequest(desk, asked)
    const declined = await post(desk, response_uri, { error: 'access_denied', state })
    expect(declined.status).toBe(200)
    expect(await result(desk, asked)).toMatchObject({ state: 'refused', refusal: 'declined' })
    expect((await comeBack(asked.id, codeIn(declined))).body).toMatchObject({ refusal: 'declined' })
  })

  it('who had a stranger answer gets nothing, and what the stranger showed is forgotten', async () => {
    // The attacker asks, and relays the request to a victim, who answers it with a wallet of their own.
    const attackers = await asking()
    const code = codeIn(await answer(attackers, await anchored()))
    // The attacker's page has the request's id, and no code.
    for (const guess of ['', 'x', 'A'.repeat(43)])
      expect((await comeBack(attackers.id, guess || '-')).body).toMatchObject({ code: 'returned_elsewhere' })
    expect(await result(desk, attackers)).toMatchObject(PENDING)
    // The victim's browser follows the wallet to the verifier's page, where it is another session with another request.
    const victims = await asking()
    expect(await comeBack(victims.id, code)).toMatchObject({
      status: 409,
      body: { code: 'returned_elsewhere' },
    })
    expect(await result(desk, attackers)).toMatchObject({
      state: 'refused',
      refusal: 'returned_elsewhere',
      checks: [],
      claims: null,
      claimsDropped: false,
    })
    expect((await comeBack(attackers.id, code)).status).toBe(409)
    const [row] = await desk.db.sql<{ kept: boolean }>`
      SELECT "sealedClaims" IS NOT NULL AS "kept" FROM "Verification" WHERE "id" = ${attackers.id}::uuid`
    expect(row?.kept).toBe(false)
    // The victim's own request is as it was.
    expect((await result(desk, victims)).state).toBe('created')
  })

  it.each(['librarian', 'museum'])('a return to somebody else (%s) closes the request', async (other) => {
    const asked = await asking()
    const code = codeIn(await answer(asked, await anchored()))
    expect((await comeBack(asked.id, code, other)).status).toBe(other === 'museum' ? 404 : 409)
    expect(await result(desk, asked)).toMatchObject({ state: 'refused', refusal: 'returned_elsewhere' })
    expect((await comeBack(asked.id, code)).status).toBe(409)
  })

  it('a code that belongs to nothing spoils nothing', async () => {
    const asked = await asking()
    expect((await comeBack(asked.id, 'B'.repeat(43))).body).toMatchObject({ code: 'returned_elsewhere' })
    const code = codeIn(await answer(asked, await anchored()))
    expect((await comeBack(asked.id, 'B'.repeat(43))).status).toBe(409)
    expect((await comeBack(asked.id, code)).status).toBe(200)
  })

  it('too late is refused, whether anybody looks or not', async () => {
    const [asked, swept] = [await asking(), await asking()]
    const code = codeIn(await answer(asked, await anchored()))
    await answer(swept, await anchored())
    desk.forward(301)
    expect(await comeBack(asked.id, code)).toMatchObject({ status: 410, body: { code: 'expired' } })
    expect(await result(desk, asked)).toMatchObject({
      state: 'refused',
      refusal: 'not_returned',
      claims: null,
    })
    await desk.verification.sweep()
    const [row] = await desk.db.sql<Record<string, unknown>>`
      SELECT "state", "refusal", "sealedClaims", "responseCodeHash" FROM "Verification" WHERE "id" = ${swept.id}::uuid`
    expect(row).toEqual({
      state: 'refused',
      refusal: 'not_returned',
      sealedClaims: null,
      responseCodeHash: null,
    })
  })

  it('the code stands in no column and in no log', async () => {
    const asked = await asking()
    const code = codeIn(await answer(asked, await anchored()))
    const [row] = await desk.db.sql<{ text: string }>`
      SELECT "Verification"::text AS "text" FROM "Verification" WHERE "id" = ${asked.id}::uuid`
    expect(row?.text).not.toContain(code)
    await comeBack(asked.id, code)
    expect(desk.log.join()).not.toContain(code)
  })

  it('a second answer changes nothing', async () => {
    const asked = await asking()
    const request = await fetchRequest(desk, asked)
    const held = await anchored()
    const code = codeIn(await send(desk, request, await present(desk, request, held)))
    const vp_token = { resident: [await present(desk, request, held)] }
    const response = await encrypt(request, { vp_token, state: request.state })
    expect((await post(desk, request.response_uri, { response })).body).toMatchObject({
      code: 'already_answered',
    })
    expect((await comeBack(asked.id, code)).status).toBe(200)
  })

  it('a request from another device waits for no browser', async () => {
    const asked = await ask(desk, AGE)
    expect(await answer(asked, await anchored())).toEqual({ status: 200, body: {} })
    expect((await result(desk, asked)).state).toBe('accepted')
  })

  it.each([
    ['of somebody else', 'https://museum.example/back', 403],
    ['that is none of the web', 'javascript:alert(1)', 400],
    ['with a fragment', 'https://library.example/back#x', 400],
    ['with an empty fragment', 'https://library.example/back#', 400],
    ['with a name in it', 'https://a@library.example/back', 400],
    ['that begins like one', 'https://library.example.evil.example/', 403],
    ['without its port', 'https://library.example:8443/back', 403],
    ['in plain HTTP', 'http://library.example/back', 403],
    ['that is no address', 'back', 400],
  ])('an address %s is refused', async (_, redirectUri, status) => {
    const response = await desk.post('/api/verifications', { ...AGE, redirectUri }, 'library')
    expect(response.status).toBe(status)
  })

  it('an address of the city itself is any verifier’s', async () => {
    const back = `${desk.url}/console/desk/return`
    expect((await desk.post('/api/verifications', { ...AGE, redirectUri: back }, 'museum')).status).toBe(201)
  })
})
