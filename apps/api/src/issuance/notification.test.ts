import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Desk, startDesk } from './testing/desk.ts'
import { createTestHolder, newKeys, type TestHolder } from './testing/holder.ts'

let desk: Desk
let holder: TestHolder
beforeAll(async () => {
  desk = await startDesk()
  holder = await createTestHolder(desk)
})
afterAll(() => desk?.close())

async function issued() {
  const { id } = await desk.signedIn('veterans', 'resident', await desk.resident())
  const token = holder.tokenFor(id)
  const request = await holder.request(await newKeys(1), { credential_configuration_id: 'resident' })
  const { body } = await holder.credential(token, request)
  return { id, token, notification: body.notification_id as string }
}

/** As the officers see it. */
async function seen(id: string) {
  const { body } = await desk.call('GET', `/api/credentials?query=${id}`)
  const [{ walletEvent, walletEventAt }] = body['items'] as [Record<string, unknown>]
  return { walletEvent, walletEventAt }
}

const accepted = (notification_id: unknown) => ({ notification_id, event: 'credential_accepted' })

describe('a notification', () => {
  test('is shown to the officers of the agency: that the wallet has stored the card', async () => {
    const { id, token, notification } = await issued()
    expect(await seen(id)).toEqual({ walletEvent: null, walletEventAt: null })
    const answer = await holder.notify(token, accepted(notification))
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(answer.headers.get('dpop-nonce')).toMatch(/./)
    expect(await seen(id)).toEqual({ walletEvent: 'credential_accepted', walletEventAt: expect.any(String) })
  })

  test('changes nothing when it comes again, and counts when it tells something new', async () => {
    const { id, token, notification } = await issued()
    await holder.notify(token, accepted(notification))
    const first = await seen(id)
    desk.advance(60)
    expect((await holder.notify(token, accepted(notification))).status).toBe(204)
    expect(await seen(id)).toEqual(first)
    const deleted = {
      notification_id: notification,
      event: 'credential_deleted',
      event_description: 'By hand.',
    }
    expect((await holder.notify(token, deleted)).status).toBe(204)
    expect((await seen(id)).walletEvent).toBe('credential_deleted')
  })

  test('may come with a refreshed token, and for each batch', async () => {
    const { id, token, notification } = await issued()
    await holder.notify(token, accepted(notification))
    desk.advance(60)
    const refreshed = holder.tokenFor(id)
    const request = await holder.request(await newKeys(1), { credential_configuration_id: 'resident' })
    const { body } = await holder.credential(refreshed, request)
    expect(body.notification_id).not.toBe(notification)
    const failed = { notification_id: body.notification_id, event: 'credential_failure' }
    expect((await holder.notify(refreshed, failed)).status).toBe(204)
    expect((await seen(id)).walletEvent).toBe('credential_failure')
  })

  test('with members that nobody knows is taken', async () => {
    const { token, notification } = await issued()
    expect((await holder.notify(token, { ...accepted(notification), more: [1] })).status).toBe(204)
  })

  test.each([
    ['no id', (id: string) => ({ ...accepted(id), notification_id: undefined })],
    ['an id that is a number', () => accepted(7)],
    ['no event', (id: string) => ({ notification_id: id })],
    ['an unknown event', (id: string) => ({ ...accepted(id), event: 'credential_loved' })],
    ['an event in capitals', (id: string) => ({ ...accepted(id), event: 'CREDENTIAL_ACCEPTED' })],
    ['an event that is a list', (id: string) => ({ ...accepted(id), event: ['credential_accepted'] })],
    ['a description that is a number', (id: string) => ({ ...accepted(id), event_description: 7 })],
    ['a description beyond ASCII', (id: string) => ({ ...accepted(id), event_description: '저장했어요' })],
    ['null for a body', () => null],
    ['a list for a body', (id: string) => [accepted(id)]],
  ])('with %s is malformed', async (_case, make) => {
    const { id, token, notification } = await issued()
    const { status, body } = await holder.notify(token, make(notification))
    expect([status, body.error]).toEqual([400, 'invalid_notification_request'])
    expect((await seen(id)).walletEvent).toBeNull()
  })

  test('that is no JSON, names a parameter twice, or is of another type is malformed', async () => {
    const { token, notification } = await issued()
    const text = JSON.stringify(accepted(notification))
    const twice = text.replace('{', '{"event":"credential_deleted",')
    for (const [sent, type] of [
      ['{', 'application/json'],
      [twice, 'application/json'],
      [text, 'application/jwt'],
      [text, 'text/plain'],
    ] as const) {
      const { status, body } = await holder.post('notification', token, sent, {
        headers: { 'content-type': type },
      })
      expect([status, body.error]).toEqual([400, 'invalid_notification_request'])
    }
  })

  test('for an id that is unknown, of another wallet or of another agency tells that there is none', async () => {
    const [mine, other] = [await issued(), await issued()]
    const elsewhere = await createTestHolder(desk, 'families')
    const answers = [
      await holder.notify(mine.token, accepted(crypto.randomUUID())),
      await holder.notify(mine.token, accepted('x')),
      await holder.notify(mine.token, accepted(other.notification)),
      await elsewhere.notify(elsewhere.tokenFor(mine.id), accepted(mine.notification)),
    ]
    for (const { status, body } of answers)
      expect([status, body]).toEqual([
        400,
        { error: 'invalid_notification_id', error_description: answers[0]?.body.error_description },
      ])
    expect((await seen(other.id)).walletEvent).toBeNull()
  })

  test('needs a token, bound to the key that asks, and each proof once', async () => {
    const { id, token, notification } = await issued()
    const stranger = await createTestHolder(desk)
    const stolen = await holder.notify(token, accepted(notification), { key: stranger.dpopKey })
    expect([stolen.status, stolen.body.error]).toEqual([401, 'invalid_token'])
    const none = await holder.notify(token, accepted(notification), { headers: { authorization: '' } })
    expect([none.status, none.body.error]).toEqual([401, 'invalid_token'])
    expect((await seen(id)).walletEvent).toBeNull()
    const dpop = await holder.dpop(`${holder.issuer}/notification`, token)
    expect((await holder.notify(token, accepted(notification), { dpop })).status).toBe(204)
    expect((await holder.notify(token, accepted(notification), { dpop })).status).toBe(401)
    desk.revoke(token)
    expect((await holder.notify(token, accepted(notification))).status).toBe(401)
  })
})
