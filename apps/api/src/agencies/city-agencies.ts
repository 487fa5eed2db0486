import type { AgencyEntry } from '../city.ts'
import type { Context } from '../context.ts'

const SETTING = 'cityAgencies'

/** What `city/agencies.json` said when it was last carried out. */
type CarriedOut = Record<string, Pick<AgencyEntry, 'name' | 'types'>>

/**
 * Brings every agency to the chain as it should be, also those that an operator accredited at run time: a chain that
 * lost its last second lacks some of it. What operators decided stands; only what has changed in `city/agencies.json`
 * since it was last carried out is applied over it. Else a start would take back a type that was accredited by
 * command, or give again one that was withdrawn.
 */
export async function accreditAgencies({
  agent,
  city,
  config,
  db,
}: Pick<Context, 'agent' | 'city' | 'config' | 'db'>): Promise<void> {
  const setting = await db.prisma.setting.findUnique({ where: { key: SETTING } })
  const before = (setting?.value ?? {}) as CarriedOut
  const rows = await db.prisma.agency.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })
  const agencies = new Map<string, AgencyEntry>(
    rows.map(({ id, nameKo: ko, nameEn: en, types }) => [id, { id, name: { ko, en }, types }]),
  )
  for (const entry of city.agencies)
    agencies.set(entry.id, withChanges(agencies.get(entry.id), before[entry.id], entry))
  for (const { id, name, types } of agencies.values())
    await agent.agencies.ensure({ id, name, types, issuerUrl: `${config.publicUrl}/issuers/${id}` })
  const value: CarriedOut = Object.fromEntries(
    city.agencies.map(({ id, name, types }) => [id, { name, types }]),
  )
  await db.prisma.setting.upsert({
    where: { key: SETTING },
    create: { key: SETTING, value },
    update: { value },
  })
}

function withChanges(
  now: AgencyEntry | undefined,
  before: CarriedOut[string] | undefined,
  entry: AgencyEntry,
): AgencyEntry {
  if (!now) return entry
  const added = entry.types.filter((type) => !before?.types.includes(type))
  const removed = (before?.types ?? []).filter((type) => !entry.types.includes(type))
  const renamed = before?.name.ko !== entry.name.ko || before.name.en !== entry.name.en
  return {
    id: entry.id,
    name: renamed ? entry.name : now.name,
    types: [...new Set([...now.types, ...added])].filter((type) => !removed.includes(type)),
  }
}
