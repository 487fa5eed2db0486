import { type Database, openDatabase } from '@pass/database'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AgencyEntry } from '../city.ts'
import { accreditAgencies } from './city-agencies.ts'

let db: Database
/** What each start asked the agent for. */
let ensured: Record<string, string[]>
beforeEach(async () => {
  db = await openDatabase({ memory: true })
})
afterEach(() => db.close())

/** As the real agent: the definition replaces what the database has. */
const ensure = async ({ id, name, types }: AgencyEntry) => {
  ensured[id] = types
  const data = { nameKo: name.ko, nameEn: name.en, types, did: `did:ethr:${id}` }
  await db.prisma.agency.upsert({ where: { id }, create: { id, ...data }, update: data })
}
const name = { ko: '센터', en: 'Office' }
const start = async (agencies: AgencyEntry[]) => {
  ensured = {}
  const context = {
    db,
    agent: { agencies: { ensure } },
    city: { agencies },
    config: { publicUrl: 'http://c' },
  }
  await accreditAgencies(context as unknown as Parameters<typeof accreditAgencies>[0])
}
const office = (...types: string[]): AgencyEntry => ({ id: 'office', name, types })

it('a start keeps what an operator accredited, renamed or withdrew since the last one', async () => {
  await start([office('a', 'b')])
  expect(ensured).toEqual({ office: ['a', 'b'] })
  await ensure({ id: 'office', name: { ko: '새 이름', en: 'New' }, types: ['b', 'c'] })
  await start([office('a', 'b')])
  expect(ensured).toEqual({ office: ['b', 'c'] })
  expect((await db.prisma.agency.findUnique({ where: { id: 'office' } }))?.nameEn).toBe('New')
})

it('a type added to or taken from the file is accredited or ended by the next start', async () => {
  await start([office('a', 'b')])
  await start([office('b', 'c')])
  expect(ensured).toEqual({ office: ['b', 'c'] })
})

it('an agency that was accredited at run time is brought to the chain by each start, too', async () => {
  await start([office('a')])
  await ensure({ id: 'harbour', name, types: ['a'] })
  await start([office('a')])
  expect(ensured).toEqual({ office: ['a'], harbour: ['a'] })
})
