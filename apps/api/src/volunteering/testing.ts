import { randomUUID } from 'node:crypto'
import type { DatabaseLocation } from '@pass/database'
import { ensureProgrammes } from '../mileage/programmes.ts'
import { makeWalletKey } from '../testing/wallet-key.ts'
import { startWalletCity } from '../wallets/testing.ts'

const HOUR_MS = 3_600_000

/** The whole application, two accredited organisations with an organiser each, and volunteers with open accounts. */
export async function startVolunteering(database?: DatabaseLocation) {
  const city = await startWalletCity(database)
  await ensureProgrammes(city.context)
  const { db, url } = city
  const { apiKeys } = city.services

  const send = async (key: string, path: string, json?: unknown, body?: Uint8Array<ArrayBuffer>) => {
    const response = await fetch(`${url}${path}`, {
      method: json === undefined && body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': body ? 'text/csv' : 'application/json',
      },
      ...(body ? { body } : json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape.
    return { status: response.status, text, body: (isJson ? JSON.parse(text) : text) as any }
  }

  const operator = (await apiKeys.create({ name: 'city', role: 'operator' })).key
  const makeOrganiser = async (name: string) => {
    const { body } = await send(operator, '/api/organisations', {
      name: { ko: name },
      registrationNo: `2026-${name}-${randomUUID().slice(0, 8)}`,
      phone: '032-123-4567',
    })
    await send(operator, `/api/organisations/${body.id}/accredit`, {})
    const { key } = await apiKeys.create({ name, role: 'organiser', organisationId: body.id })
    return { id: body.id as string, call: (path: string, json?: unknown) => send(key, path, json) }
  }
  const organiser = await makeOrganiser('바다지킴이')
  const other = await makeOrganiser('다른단체')

  /** A citizen whose wallet is connected; `adult` is what it proved before. */
  const makeVolunteer = async ({ name = '김하늘', adult = true } = {}) => {
    const subjectId = await city.makeResident(name)
    const key = makeWalletKey(city.clock)
    const accountId = randomUUID()
    const number = String(BigInt(`0x${accountId.slice(0, 8)}`) % 10_000_000_000n).padStart(10, '0')
    await db.sql`
      INSERT INTO "WalletAccount" ("id", "number", "subjectId", "address", "publicJwk", "jkt", "status", "adultProvenAt")
      VALUES (${accountId}::uuid, ${number}, ${subjectId}::uuid, ${key.address}, ${JSON.stringify(key.publicJwk)}::jsonb,
        ${key.jkt}, 'open', ${adult ? city.clock() : null}::timestamptz)`
    const call = (path: string, json?: unknown) => key.call(url, path, json === undefined ? {} : { json })
    return {
      subjectId,
      accountId,
      key,
      call,
      signUp: (activityId: string, more: object = {}) => call('/api/wallet/signups', { activityId, ...more }),
      mine: async () => (await call('/api/wallet/volunteering')).body,
    }
  }

  /** In `inHours` from now, three hours long, unless told. */
  const bodyOf = ({
    inHours = 24,
    hours = 3,
    ...changes
  }: {
    inHours?: number
    hours?: number
    [key: string]: unknown
  } = {}) => {
    const startsAt = new Date(city.clock().getTime() + inHours * HOUR_MS)
    return {
      title: { ko: '해변 쓰레기 줍기', en: 'Beach clean-up' },
      description: { ko: '장갑을 드려요.' },
      kind: 'environment',
      place: '왕산해수욕장',
      address: '인천광역시 영종구 용유서로 423',
      district: '28155',
      latitude: 37.4606,
      longitude: 126.3667,
      startsAt: startsAt.toISOString(),
      endsAt: new Date(startsAt.getTime() + hours * HOUR_MS).toISOString(),
      places: 10,
      minutes: hours * 60,
      pointsPerHour: 1000,
      school: true,
      ...changes,
    }
  }
  const publish = async (changes: Parameters<typeof bodyOf>[0] = {}, by = organiser) => {
    const made = await by.call('/api/organiser/activities', bodyOf(changes))
    if (made.status !== 201) throw new Error(made.text)
    await by.call(`/api/organiser/activities/${made.body.id}/publish`, {})
    return made.body.id as string
  }

  return {
    ...city,
    send,
    operator,
    organiser,
    other,
    makeVolunteer,
    bodyOf,
    publish,
  }
}

export type VolunteeringCity = Awaited<ReturnType<typeof startVolunteering>>
