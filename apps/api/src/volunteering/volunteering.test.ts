import { compactVerify, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCertificates } from './certificate.ts'
import { ensureSampleVolunteering } from './sample.ts'
import { startVolunteering, type VolunteeringCity } from './testing.ts'

let city: VolunteeringCity
beforeAll(async () => {
  city = await startVolunteering()
}, 120_000)
afterAll(() => city?.stop())

type Volunteer = Awaited<ReturnType<VolunteeringCity['makeVolunteer']>>
const HOUR = 3600
const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code]
const path = (id: string, rest = '') => `/api/organiser/activities/${id}${rest}`

/** Signed up, and noted by the organiser from the first to the last minute once it is over. */
async function attended(activityId: string, volunteers: readonly Volunteer[], hours = 3) {
  const ids: string[] = []
  for (const volunteer of volunteers) ids.push((await volunteer.signUp(activityId)).body.signup.id)
  const { body } = await city.organiser.call(path(activityId))
  city.advance((Date.parse(body.endsAt) - city.clock().getTime()) / 1000 + 60)
  const out = new Date(Date.parse(body.startsAt) + hours * HOUR * 1000).toISOString()
  for (const signupId of ids) {
    const noted = await city.organiser.call(path(activityId, '/attendance'), {
      signupId,
      in: body.startsAt,
      out,
    })
    expect(noted.status).toBe(200)
  }
  return ids
}

describe('an organisation', () => {
  it('applies, is accredited with a link for its first organiser, and is refused a second application', async () => {
    const application = { name: { ko: '새단체' }, registrationNo: '2026-12-345', phone: '032-111-2222' }
    const { body } = await city.send(city.operator, '/api/organisations', application)
    expect(codeOf(await city.send(city.operator, '/api/organisations', application))).toEqual([
      409,
      'conflict',
    ])
    const accredited = await city.send(city.operator, `/api/organisations/${body.id}/accredit`, {
      reason: '',
    })
    expect(accredited.body.link).toMatch(/\/console\/enrol#/)
    expect(
      codeOf(await city.organiser.call(`/api/organisations/${body.id}/suspend`, { reason: 'x' })),
    ).toEqual([403, 'forbidden'])
  })

  it('that is suspended publishes nothing, and gives no hours', async () => {
    const id = (await city.other.call('/api/organiser/activities', city.bodyOf())).body.id
    await city.send(city.operator, `/api/organisations/${city.other.id}/suspend`, { reason: '확인 중' })
    expect(codeOf(await city.other.call(path(id, '/publish'), {}))).toEqual([403, 'forbidden'])
    const hours = [{ signupId: id, minutes: 60 }]
    expect(codeOf(await city.other.call(path(id, '/confirm'), { hours }))).toEqual([403, 'forbidden'])
    await city.send(city.operator, `/api/organisations/${city.other.id}/accredit`, {})
    expect((await city.other.call(path(id, '/publish'), {})).status).toBe(200)
  })
})

describe('an activity', () => {
  it('is a draft that nobody sees until it is published', async () => {
    const { body } = await city.organiser.call('/api/organiser/activities', city.bodyOf())
    const seen = async () => (await fetch(`${city.url}/api/activities/${body.id}`)).status
    expect([body.status, await seen()]).toEqual(['draft', 404])
    await city.organiser.call(path(body.id, '/publish'), {})
    expect(await seen()).toBe(200)
    const list = await (await fetch(`${city.url}/api/activities?kind=environment&district=28155`)).json()
    expect(list.items.map(({ id }: { id: string }) => id)).toContain(body.id)
  })

  it('is not looked for by what no database can hold, and that is no fault of ours', async () => {
    const answer = await fetch(`${city.url}/api/activities?kind=%00`)
    expect([answer.status, (await answer.json()).code]).toEqual([400, 'bad_request'])
  })

  it('repeats weekly with one series, and all following dates move and are cancelled together', async () => {
    const body = city.bodyOf({ repeat: { every: 'week', times: 4 } })
    const first = (await city.organiser.call('/api/organiser/activities', body)).body
    const series = (await city.organiser.call('/api/organiser/activities')).body.filter(
      ({ seriesId }: { seriesId: string | null }) => seriesId === first.seriesId,
    )
    expect(series).toHaveLength(4)
    await city.organiser.call(path(first.id, '/publish'), { following: true })
    const later = new Date(Date.parse(body.startsAt) + HOUR * 1000).toISOString()
    const end = new Date(Date.parse(body.endsAt) + HOUR * 1000).toISOString()
    const change = { ...body, startsAt: later, endsAt: end, following: true }
    expect((await city.organiser.call(path(first.id), change)).body.movedAt).not.toBeNull()
    await city.organiser.call(path(series[1].id, '/cancel'), { reason: '태풍', following: true })
    const after = (await city.organiser.call('/api/organiser/activities')).body.filter(
      ({ seriesId }: { seriesId: string | null }) => seriesId === first.seriesId,
    )
    const moved = (a: { startsAt: string }, b: { id: string; startsAt: string }[], id: string) =>
      Date.parse(a.startsAt) - Date.parse(b.find((one) => one.id === id)?.startsAt ?? '')
    for (const one of after) expect(moved(one, series, one.id)).toBe(HOUR * 1000)
    expect(after.filter(({ status }: { status: string }) => status === 'cancelled').length).toBeGreaterThan(0)
  })

  it('tells those who signed up why it was cancelled', async () => {
    const id = await city.publish()
    const someone = await city.makeVolunteer()
    await someone.signUp(id)
    await city.organiser.call(path(id, '/cancel'), { reason: '태풍이 와요' })
    expect((await someone.mine()).signups[0]).toMatchObject({
      status: 'cancelled',
      activity: { status: 'cancelled', cancelReason: '태풍이 와요' },
    })
  })

  it('asks for an age by a proof that wallets can give, and for no other', async () => {
    const made = await city.organiser.call('/api/organiser/activities', city.bodyOf({ minAge: 19 }))
    expect(made.body.template).toBe('age-19')
    expect(
      (await city.organiser.call('/api/organiser/activities', city.bodyOf({ maxAge: 18 }))).body.template,
    ).toBe('under-19')
    const refused = await city.organiser.call('/api/organiser/activities', city.bodyOf({ minAge: 16 }))
    expect([refused.status, refused.body.minAges]).toEqual([400, [14, 19, 65]])
    for (const [template, status] of [
      ['identity', 400],
      ['wallet-account', 404],
      ['no-such', 404],
    ] as const) {
      const nosy = await city.organiser.call('/api/organiser/activities', city.bodyOf({ template }))
      expect([template, nosy.status]).toEqual([template, status])
    }
  })

  it('is nobody else’s to read, change, scan for or confirm', async () => {
    const id = await city.publish()
    const tries: [string, unknown?][] = [
      [path(id)],
      [path(id), city.bodyOf()],
      [path(id, '/signups')],
      [path(id, '/qr')],
      [path(id, '/attendance.csv')],
      [path(id, '/cancel'), { reason: 'x' }],
      [path(id, '/scan'), { pass: 'x' }],
      [path(id, '/confirm'), { hours: [{ signupId: id, minutes: 60 }] }],
    ]
    for (const [at, json] of tries) expect([at, (await city.other.call(at, json)).status]).toEqual([at, 404])
    const someone = await city.makeVolunteer()
    const own = await someone.call(path(id, '/confirm'), { hours: [{ signupId: id, minutes: 60 }] })
    expect(own.status).toBe(401)
  })

  it('cannot have fewer places than are taken, and gives new ones to who waits', async () => {
    const id = await city.publish({ places: 1 })
    const [first, second] = [await city.makeVolunteer(), await city.makeVolunteer()]
    await first.signUp(id)
    expect((await second.signUp(id)).body.signup).toMatchObject({ status: 'waiting', position: 1 })
    const { body } = await city.organiser.call(path(id))
    const change = (places: number) =>
      city.organiser.call(path(id), {
        ...city.bodyOf(),
        startsAt: body.startsAt,
        endsAt: body.endsAt,
        places,
      })
    await change(2)
    expect((await second.mine()).signups[0].status).toBe('signed')
    expect(codeOf(await change(1))).toEqual([409, 'conflict'])
  })
})

describe('a sign-up', () => {
  it('gives no more places than there are, however many come at once', async () => {
    const id = await city.publish({ places: 3 })
    const many = await Promise.all(Array.from({ length: 8 }, () => city.makeVolunteer()))
    await Promise.all(many.map((one) => one.signUp(id)))
    const { body } = await city.organiser.call(path(id))
    expect([body.taken, body.waiting]).toEqual([3, 5])
  })

  it('that is withdrawn moves up who waited first, once, when several withdraw at once', async () => {
    const id = await city.publish({ places: 2 })
    const people: Volunteer[] = []
    for (let n = 0; n < 5; n++) {
      people.push(await city.makeVolunteer())
      await people[n]?.signUp(id)
    }
    const [a, b, c, d, e] = people as [Volunteer, Volunteer, Volunteer, Volunteer, Volunteer]
    const leave = async (one: Volunteer) =>
      one.call(`/api/wallet/signups/${(await one.mine()).signups[0].id}/withdraw`, {})
    await Promise.all([leave(a), leave(b)])
    const states = await Promise.all([c, d, e].map(async (one) => (await one.mine()).signups[0].status))
    expect(states).toEqual(['signed', 'signed', 'waiting'])
    expect((await e.mine()).signups[0].position).toBe(1)
  })

  it('is nobody else’s to withdraw', async () => {
    const id = await city.publish()
    const [owner, thief] = [await city.makeVolunteer(), await city.makeVolunteer()]
    const { signup } = (await owner.signUp(id)).body
    expect(codeOf(await thief.call(`/api/wallet/signups/${signup.id}/withdraw`, {}))).toEqual([
      404,
      'not_found',
    ])
  })

  it('is refused beside another one at the same time, also from two requests at once', async () => {
    const [one, two] = [await city.publish(), await city.publish({ inHours: 25 })]
    const someone = await city.makeVolunteer()
    const answers = await Promise.all([someone.signUp(one), someone.signUp(two)])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(answers.map(({ body }) => body.code)).toContain('signup_overlaps')
  })

  it('asks a new wallet for a proof of age, which only its own citizen can give, and asks it once', async () => {
    const id = await city.publish({ minAge: 19 })
    const phone = await city.makePhone(await city.makeResident('박봉사'))
    const friend = await city.makePhone(await city.makeResident('이친구'))
    await phone.connect()
    const ask = async () => (await phone.call('/api/wallet/signups', { activityId: id })).body.verification
    const first = await ask()
    const request = await friend.holder.readRequest(first.requestUri)
    await friend.holder.present(request, request.choice, { proof: phone.key.proof })
    const proved = (verificationId: string) =>
      phone.call('/api/wallet/signups/proved', { activityId: id, verificationId })
    expect(codeOf(await proved(first.id))).toEqual([409, 'wallet_of_another'])
    const second = await ask()
    expect(codeOf(await proved(second.id))).toEqual([409, 'verification_pending'])
    await phone.answer(second.requestUri)
    const signed = await proved(second.id)
    expect([signed.status, signed.body.signup.status]).toEqual([201, 'signed'])
    const next = await city.publish({ inHours: 72, minAge: 19 })
    expect((await phone.call('/api/wallet/signups', { activityId: next })).status).toBe(201)
  })

  it('of a minor waits for a guardian, who proves to be of age, and whose no frees the place', async () => {
    const id = await city.publish({ places: 1 })
    const child = await city.makeVolunteer({ name: '김하준', adult: false })
    const asked = await child.signUp(id)
    expect([asked.status, asked.body.asks]).toEqual([200, 'adult'])
    const { signup } = (await child.signUp(id, { guardian: true })).body
    expect(signup).toMatchObject({ status: 'consent', needsConsent: true })
    const token = signup.consentLink.split('#')[1]
    expect((await child.mine()).signups[0].consentLink).toBe(signup.consentLink)

    const parent = await city.makePhone(await city.makeResident('김부모'))
    await parent.connect()
    expect((await parent.call('/api/wallet/consents/open', { token })).body).toMatchObject({
      volunteer: '김*준',
      activity: { id },
    })
    const answer = (more: object) => parent.call('/api/wallet/consents', { token, answer: 'given', ...more })
    const { verification } = (await answer({})).body
    await parent.answer(verification.requestUri)
    expect((await answer({ verificationId: verification.id })).body.status).toBe('given')
    expect((await child.mine()).signups[0].status).toBe('signed')
    expect(codeOf(await answer({}))).toEqual([409, 'conflict'])

    const waiting = await city.makeVolunteer()
    await waiting.signUp(id)
    const [consent] = (await parent.call('/api/wallet/consents')).body.items
    await parent.call(`/api/wallet/consents/${consent.id}/withdraw`, {})
    expect((await child.mine()).signups[0].status).toBe('withdrawn')
    expect((await waiting.mine()).signups[0].status).toBe('signed')
  })

  it('of a minor is not consented to by the minor, and lapses when nobody answers', async () => {
    const id = await city.publish({ inHours: 24 * 20 })
    const child = await city.makeVolunteer({ adult: false })
    const { signup } = (await child.signUp(id, { guardian: true })).body
    const token = signup.consentLink.split('#')[1]
    expect(codeOf(await child.call('/api/wallet/consents', { token, answer: 'given' }))).toEqual([
      409,
      'own_consent',
    ])
    city.advance(8 * 24 * HOUR)
    await city.services.volunteering.sweep()
    expect((await child.mine()).signups[0].status).toBe('withdrawn')
  })

  it('of a group takes places together, or waits together and is overtaken by nobody', async () => {
    const [leader, pupil, friend] = [
      await city.makeVolunteer(),
      await city.makeVolunteer(),
      await city.makeVolunteer(),
    ]
    const group = (await leader.call('/api/wallet/groups', { name: '3학년 2반', kind: 'school' })).body
    expect(group.joinCode).toMatch(/^[A-Z2-9]{8}$/)
    const joined = await pupil.call('/api/wallet/groups/join', { code: group.joinCode.toLowerCase() })
    expect(joined.body).toMatchObject({ members: 2, joinCode: null, leader: false })
    const roomy = await city.publish({ places: 2 })
    const whole = await leader.signUp(roomy, { groupId: group.id })
    expect(whole.body.group).toEqual({ signed: 2, waiting: 0, consent: 0 })
    expect((await pupil.mine()).signups[0].status).toBe('signed')

    const tight = await city.publish({ places: 2, inHours: 60 })
    const [another, late, stranger] = [
      await city.makeVolunteer(),
      await city.makeVolunteer(),
      await city.makeVolunteer(),
    ]
    await friend.signUp(tight)
    await another.signUp(tight)
    expect((await leader.signUp(tight, { groupId: group.id })).body.group.waiting).toBe(2)
    expect((await late.signUp(tight)).body.signup).toMatchObject({ status: 'waiting', position: 3 })
    expect((await stranger.signUp(tight, { groupId: group.id })).status).toBe(404)
    const counts = async (one: Volunteer) => {
      await one.call(`/api/wallet/signups/${(await one.mine()).signups[0].id}/withdraw`, {})
      const { body } = await city.organiser.call(path(tight))
      return [body.taken, body.waiting]
    }
    // One place is too few for the two, and the one behind them waits for their turn.
    expect(await counts(friend)).toEqual([1, 3])
    expect(await counts(another)).toEqual([2, 1])
    expect((await late.mine()).signups[0].status).toBe('waiting')
  })
})

describe('the door', () => {
  it('lets in and out by its code, takes a double scan once, and is deaf before and after', async () => {
    const id = await city.publish({ inHours: 2, hours: 2 })
    const someone = await city.makeVolunteer()
    await someone.signUp(id)
    const scan = async () =>
      someone.call('/api/wallet/attendance', { text: (await city.organiser.call(path(id, '/qr'))).body.text })
    expect(codeOf(await scan())).toEqual([409, 'check_in_closed'])
    city.advance(1.5 * HOUR)
    expect((await scan()).body).toMatchObject({ what: 'in', activity: { id } })
    expect((await scan()).body.what).toBe('in')
    city.advance(2 * HOUR)
    expect((await scan()).body.what).toBe('out')
    expect((await scan()).body.what).toBe('out')
    expect((await someone.mine()).signups[0].attendance.status).toBe('left')
  })

  it('refuses a code that was photographed, one of another activity, a forged one, and who has no place', async () => {
    const id = await city.publish({ inHours: 0.5, hours: 2 })
    const elsewhere = await city.publish({ inHours: 0.5, hours: 2 })
    const [someone, stranger] = [await city.makeVolunteer(), await city.makeVolunteer()]
    await someone.signUp(id)
    const { text } = (await city.organiser.call(path(id, '/qr'))).body
    const foreign = (await city.organiser.call(path(elsewhere, '/qr'))).body.text
    const check = (one: Volunteer, code: string) => one.call('/api/wallet/attendance', { text: code })
    expect(codeOf(await check(someone, text.replace(id, elsewhere)))).toEqual([400, 'bad_signature'])
    expect(codeOf(await check(someone, 'https://evil.example/'))).toEqual([400, 'bad_signature'])
    expect(codeOf(await check(someone, foreign))).toEqual([409, 'not_signed_up'])
    expect(codeOf(await check(stranger, text))).toEqual([409, 'not_signed_up'])
    city.advance(41)
    expect(codeOf(await check(someone, text))).toEqual([410, 'code_expired'])
  })

  it('takes the pass of a wallet, once', async () => {
    const id = await city.publish({ inHours: 0.5, hours: 2 })
    const someone = await city.makeVolunteer({ name: '최도움' })
    await someone.signUp(id)
    const pass = someone.key.passCode(city.url)
    const scanned = await city.organiser.call(path(id, '/scan'), { pass })
    expect(scanned.body).toMatchObject({ name: '최도움', event: 'in' })
    expect(codeOf(await city.organiser.call(path(id, '/scan'), { pass }))).toEqual([409, 'code_used'])
  })

  it('takes times from paper, none that cannot be, and nobody in two places at once', async () => {
    const [one, two] = [await city.publish({ inHours: 1 }), await city.publish({ inHours: 5 })]
    const someone = await city.makeVolunteer()
    const [first, second] = [(await someone.signUp(one)).body.signup, (await someone.signUp(two)).body.signup]
    const { startsAt } = first.activity
    const at = (minutes: number) => new Date(Date.parse(startsAt) + minutes * 60_000).toISOString()
    const note = (id: string, signupId: string, from: number, to: number) =>
      city.organiser.call(path(id, '/attendance'), { signupId, in: at(from), out: at(to) })
    expect(codeOf(await note(one, first.id, 0, 60))).toEqual([400, 'bad_request'])
    city.advance(10 * HOUR)
    // The later one comes first: papers have no order.
    expect((await note(two, second.id, 240, 400)).status).toBe(200)
    expect(codeOf(await note(one, first.id, 60, 30))).toEqual([400, 'bad_request'])
    expect(codeOf(await note(one, first.id, 0, 300))).toEqual([409, 'attendance_overlaps'])
    expect((await note(one, first.id, 0, 180)).body.attendance).toMatchObject({
      status: 'left',
      proposed: 180,
    })
    expect((await city.organiser.call(path(one, '/attendance.csv'))).text).toContain('김하늘')
  })
})

describe('hours', () => {
  it('bring record, certificate, points and a badge in one act, and the same word twice changes nothing', async () => {
    const id = await city.publish({ hours: 5 })
    const [one, two] = [await city.makeVolunteer(), await city.makeVolunteer()]
    await city.db.sql`
      INSERT INTO "VolunteerHours" ("id", "subjectId", "organisationKo", "titleKo", "titleEn", "date", "minutes", "source")
      VALUES (gen_random_uuid(), ${one.subjectId}::uuid, 'x', 'x', 'x', '2026-01-01', 400, ${`1365:${one.subjectId}`})`
    const ids = await attended(id, [one, two], 5)
    const hours = ids.map((signupId) => ({ signupId, minutes: 300 }))
    const confirmed = await city.organiser.call(path(id, '/confirm'), { hours })
    expect(confirmed.body.items).toMatchObject([{ points: 5000 }, { points: 5000 }])
    const again = await city.organiser.call(path(id, '/confirm'), { hours })
    expect(again.body).toEqual(confirmed.body)

    const mine = await one.mine()
    expect(mine).toMatchObject({
      hours: [
        { minutes: 300, points: '5000', school: true },
        { minutes: 400, imported: true },
      ],
      totals: { minutes: 700, schoolMinutes: 300 },
      nextBadge: { hours: 50, minutesLeft: 2300 },
    })
    const types = async (someone: Volunteer) =>
      (await city.db.prisma.offer.findMany({ where: { subjectId: someone.subjectId } }))
        .map((o) => o.typeId)
        .sort()
    expect(await types(one)).toEqual(['volunteer-badge', 'volunteer-certificate'])
    expect(await types(two)).toEqual(['volunteer-certificate'])
    expect(await city.db.prisma.award.count({ where: { accountId: one.accountId } })).toBe(1)
  })

  it('that are absurd need a note, more than eight a day are refused, and a fault keeps back all', async () => {
    const id = await city.publish({ hours: 3 })
    const [one, two] = [await city.makeVolunteer(), await city.makeVolunteer()]
    const [first, second] = (await attended(id, [one, two])) as [string, string]
    const confirm = (...hours: object[]) => city.organiser.call(path(id, '/confirm'), { hours })
    const absurd = await confirm({ signupId: first, minutes: 180 }, { signupId: second, minutes: 300 })
    expect([...codeOf(absurd), absurd.body.signupId]).toEqual([409, 'note_needed', second])
    expect((await one.mine()).hours).toEqual([])
    expect(codeOf(await confirm({ signupId: second, minutes: 500, note: '밤샘' }))).toEqual([
      409,
      'hours_too_many',
    ])
    expect((await confirm({ signupId: second, minutes: 300, note: '뒷정리까지' })).status).toBe(200)
    expect(codeOf(await confirm({ signupId: second, minutes: 60 }))).toEqual([409, 'conflict'])
  })

  it('are confirmed only for who left, and never by two at once twice', async () => {
    const id = await city.publish({ inHours: 0.5, hours: 2 })
    const someone = await city.makeVolunteer()
    const { signup } = (await someone.signUp(id)).body
    const { text } = (await city.organiser.call(path(id, '/qr'))).body
    await someone.call('/api/wallet/attendance', { text })
    const confirm = () =>
      city.organiser.call(path(id, '/confirm'), { hours: [{ signupId: signup.id, minutes: 90 }] })
    city.advance(2 * HOUR)
    expect(codeOf(await confirm())).toEqual([409, 'not_checked_out'])
    const now = (await city.organiser.call(path(id, '/qr'))).body.text
    await someone.call('/api/wallet/attendance', { text: now })
    const answers = await Promise.all([confirm(), confirm(), confirm()])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await city.db.prisma.volunteerHours.count({ where: { subjectId: someone.subjectId } })).toBe(1)
    expect(await city.db.prisma.award.count({ where: { accountId: someone.accountId } })).toBe(1)
  })

  it('beyond a day’s points keep the rest for the next day', async () => {
    const someone = await city.makeVolunteer()
    const ids = [await city.publish({ hours: 8 }), await city.publish({ inHours: 48, hours: 8 })]
    const signups: string[] = []
    for (const id of ids) signups.push(...(await attended(id, [someone], 8)))
    const answers = []
    for (const [n, id] of ids.entries())
      answers.push(
        await city.organiser.call(path(id, '/confirm'), { hours: [{ signupId: signups[n], minutes: 480 }] }),
      )
    expect(answers.map(({ body }) => body.items[0].points)).toEqual([8000, 0])
    expect(answers[1]?.body.items[0].withheld).toBe('day_limit_reached')
    city.advance(24 * HOUR)
    await city.services.volunteering.sweep()
    await city.services.volunteering.sweep()
    expect((await someone.mine()).hours.map(({ points }: { points: string }) => points)).toEqual([
      '8000',
      '8000',
    ])
  })

  it('that are disputed are decided by the city, which gives what was missing', async () => {
    const id = await city.publish({ hours: 3 })
    const [someone, stranger] = [await city.makeVolunteer({ name: '정이의' }), await city.makeVolunteer()]
    const [signupId = ''] = await attended(id, [someone])
    await city.organiser.call(path(id, '/confirm'), { hours: [{ signupId, minutes: 60 }] })
    const dispute = (one: Volunteer) =>
      one.call(`/api/wallet/attendance/${signupId}/dispute`, { reason: '세 시간 있었어요.' })
    expect(codeOf(await dispute(stranger))).toEqual([404, 'not_found'])
    expect((await dispute(someone)).status).toBe(200)
    const [listed] = (await city.send(city.operator, '/api/disputes')).body
    expect(listed).toMatchObject({ signupId, volunteer: '정이의', minutes: 60, reason: '세 시간 있었어요.' })
    expect(
      (await city.organiser.call(`/api/disputes/${signupId}`, { minutes: 180, reason: 'x' })).status,
    ).toBe(403)
    const decided = await city.send(city.operator, `/api/disputes/${signupId}`, {
      minutes: 180,
      reason: '명단 확인',
    })
    expect(decided.body).toMatchObject({ minutes: 180, points: 3000 })
    expect((await someone.mine()).hours[0]).toMatchObject({ minutes: 180, points: '3000' })
    const open = await city.db.prisma.offer.findMany({
      where: { subjectId: someone.subjectId, expiresAt: { gt: city.clock() } },
    })
    expect(open).toHaveLength(1)
  })

  it('that the city changes revoke the certificate that was fetched, and offer the right one', async () => {
    const id = await city.publish({ hours: 3 })
    const phone = await city.makePhone(await city.makeResident('윤정정'))
    await phone.connect()
    await city.db.sql`UPDATE "WalletAccount" SET "adultProvenAt" = now() WHERE "jkt" = ${phone.key.jkt}`
    const sign = { signUp: (activityId: string) => phone.call('/api/wallet/signups', { activityId }) }
    const [signupId = ''] = await attended(id, [sign as Volunteer])
    await city.organiser.call(path(id, '/confirm'), { hours: [{ signupId, minutes: 60 }] })
    const fetchOffer = async () => {
      const [offer] = (await phone.call('/api/wallet/offers')).body.items
      await phone.holder.receive(await phone.holder.readOffer(offer.offerUri))
      return offer.id as string
    }
    const first = await fetchOffer()
    await phone.call(`/api/wallet/attendance/${signupId}/dispute`, { reason: '세 시간이에요.' })
    await city.send(city.operator, `/api/disputes/${signupId}`, { minutes: 180, reason: '명단 확인' })
    const second = await fetchOffer()
    const stateOf = async (one: string) =>
      (await city.db.prisma.credential.findUnique({ where: { id: one } }))?.status
    expect([await stateOf(first), await stateOf(second)]).toEqual(['revoked', 'valid'])
  })

  it('are printed as a certificate that a school checks without asking anybody', async () => {
    const id = await city.publish({ hours: 2 })
    const [someone, stranger] = [await city.makeVolunteer({ name: '한학생' }), await city.makeVolunteer()]
    const [signupId = ''] = await attended(id, [someone], 2)
    const confirmed = await city.organiser.call(path(id, '/confirm'), { hours: [{ signupId, minutes: 120 }] })
    const { hoursId } = confirmed.body.items[0]
    const at = `/api/wallet/hours/${hoursId}/certificate.pdf`
    expect((await stranger.call(at)).status).toBe(404)
    const url = `${city.url}${at}`
    const pdf = await fetch(url, { headers: { DPoP: someone.key.dpop('GET', url) } })
    expect(pdf.headers.get('content-type')).toBe('application/pdf')
    const bytes = Buffer.from(await pdf.arrayBuffer())
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-')

    const [key] = await (await fetch(`${city.url}/api/trust/certificate-keys`)).json()
    const certificates = createCertificates(city.context)
    const jws = await certificates.sign(
      { accountId: '', subjectId: someone.subjectId, address: '', jkt: '' },
      hoursId,
    )
    const { payload, protectedHeader } = await compactVerify(jws, await importJWK(key.jwk, 'ES256'))
    const said = JSON.parse(new TextDecoder().decode(payload))
    expect(protectedHeader).toMatchObject({ typ: 'volunteer-certificate+jwt', kid: key.kid })
    expect(said).toMatchObject({ name: '한학생', minutes: 120, organisation: '바다지킴이', school: true })
    expect(said).not.toHaveProperty('birthDate')
    const state = async (minutes: number) =>
      (await (await fetch(`${city.url}/api/certificates/${said.certificateNo}?minutes=${minutes}`)).json())
        .state
    expect([await state(120), await state(600)]).toEqual(['good', 'changed'])
  })
})

describe('the sample', () => {
  it('has activities in several districts, made once by however many start', async () => {
    const made = await Promise.all([1, 2, 3].map(() => ensureSampleVolunteering(city.context)))
    expect(new Set(made.map(({ organisationId }) => organisationId)).size).toBe(1)
    const rows = await city.db.prisma.activity.findMany({
      where: { organisationId: made[0]?.organisationId ?? '' },
    })
    expect(rows).toHaveLength(6)
    expect(new Set(rows.map(({ districtCode }) => districtCode)).size).toBe(6)
  })
})
