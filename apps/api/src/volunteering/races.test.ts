import { startPostgres } from '@pass/database/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startVolunteering, type VolunteeringCity } from './testing.ts'

let city: VolunteeringCity
let stopServer = async () => {}
beforeAll(async () => {
  const server = await startPostgres()
  stopServer = server.stop
  city = await startVolunteering({ url: server.url })
}, 120_000)
afterAll(async () => {
  await city?.stop()
  await stopServer()
})

const path = (id: string, rest = '') => `/api/organiser/activities/${id}${rest}`
const many = (count: number) => Promise.all(Array.from({ length: count }, () => city.makeVolunteer()))

describe('on a server with several connections', () => {
  it('no place is given twice, and none stays empty, while some come and some go', async () => {
    const id = await city.publish({ places: 5 })
    const [first, second] = [await many(8), await many(8)]
    await Promise.all(first.map((one) => one.signUp(id)))
    const leave = async (one: (typeof first)[number]) =>
      one.call(`/api/wallet/signups/${(await one.mine()).signups[0].id}/withdraw`, {})
    const answers = await Promise.all([
      ...first.slice(0, 6).map(leave),
      ...second.map((one) => one.signUp(id)),
    ])
    for (const { status } of answers) expect([200, 201]).toContain(status)
    const { body } = await city.organiser.call(path(id))
    expect([body.taken, body.waiting]).toEqual([5, 5])
  })

  it('nobody gets into two activities at one time', async () => {
    const ids = await Promise.all([25, 26, 24].map((inHours) => city.publish({ inHours })))
    for (const someone of await many(4)) {
      const answers = await Promise.all(ids.map((id) => someone.signUp(id)))
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    }
  })

  it('two groups that share members do not wait for each other for ever', async () => {
    const [a, b, ...members] = await many(6)
    if (!a || !b) throw new Error('no leaders')
    const groups = []
    for (const leader of [a, b])
      groups.push(
        (await leader.call('/api/wallet/groups', { name: '반', kind: 'school', participates: false })).body,
      )
    for (const member of members)
      for (const { joinCode } of groups) await member.call('/api/wallet/groups/join', { code: joinCode })
    const id = await city.publish({ places: 4 })
    const answers = await Promise.all([
      a.signUp(id, { groupId: groups[0].id }),
      b.signUp(id, { groupId: groups[1].id }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([201, 201])
    expect(answers.map(({ body }) => body.group.signed).sort()).toEqual([0, 4])
  })

  it('hours that several confirm and import at once are recorded once, and never beyond eight a day', async () => {
    const [someone] = await many(1)
    if (!someone) throw new Error('nobody')
    const [one, two] = [await city.publish({ inHours: 1 }), await city.publish({ inHours: 5 })]
    const signups = [await someone.signUp(one), await someone.signUp(two)].map(({ body }) => body.signup)
    city.advance(10 * 3600)
    for (const { id, activity } of signups)
      await city.organiser.call(path(activity.id, '/attendance'), {
        signupId: id,
        in: activity.startsAt,
        out: activity.endsAt,
      })
    const hours = [{ minutes: 240 }, { minutes: 250 }]
    const answers = await Promise.all(
      [0, 1, 0, 1].map((n) =>
        city.organiser.call(path(signups[n].activity.id, '/confirm'), {
          hours: [{ signupId: signups[n].id, ...hours[n], note: '길어졌어요' }],
        }),
      ),
    )
    const dates = new Set(
      signups.map(({ activity }) =>
        new Date(Date.parse(activity.startsAt) + 9 * 3_600_000).toISOString().slice(0, 10),
      ),
    )
    const expected = dates.size === 1 ? 1 : 2
    const rows = await city.db.prisma.volunteerHours.findMany({ where: { subjectId: someone.subjectId } })
    expect(rows).toHaveLength(expected)
    expect(await city.db.prisma.award.count({ where: { accountId: someone.accountId } })).toBe(expected)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(expected * 2)
  })
})
