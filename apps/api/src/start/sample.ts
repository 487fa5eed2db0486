import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Place, type Principal, placeOf, type Role } from '../access/principal.ts'
import type { Services } from '../app.ts'
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import { applicationSchema, fundBodySchema } from '../merchants/schema.ts'
import { type DevCredentials, readDevKeys } from './dev-credentials.ts'
import { installationOf } from './installation.ts'

export type SampleAccess = {
  /** One-time links to the console, by role. */
  links: { role: Role | 'approver'; url: string }[]
  credentials: DevCredentials
}

/** The city itself, for what a start does by itself. */
const SYSTEM: Principal = { actor: 'system', name: 'system', role: 'operator', ...placeOf({}) }

/**
 * One person and one API key for each role, a merchant, and somewhere to give points to, for whoever has just started
 * the city. What is there already stays as it is.
 */
export async function sampleAccess(
  context: Context,
  services: Services,
  cityFolder: string,
): Promise<SampleAccess> {
  const { config, city, db } = context
  const sample = JSON.parse(readFileSync(join(cityFolder, 'sample.json'), 'utf8')) as Sample
  const [agency] = city.agencies
  const [verifier] = city.verifiers
  const [type] = agency?.types ?? []
  if (!agency || !verifier || !type)
    throw new ConfigError('city/ names no agency or no verifier: add one to each file.')

  const payeeId = await samplePayees(context, services, sample)
  const organisation = await db.prisma.organisation.findFirst({
    where: { status: 'accredited' },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
  const programme = await db.prisma.programme.findFirst({ orderBy: { id: 'asc' } })
  const places: Partial<Record<Role, Partial<Place>>> = {
    officer: { agencyId: agency.id },
    verifier: { verifierId: verifier.id },
    operator: {},
    ...(organisation ? { organiser: { organisationId: organisation.id } } : {}),
    merchant: { payeeId },
    ...(programme ? { programme: { programmeId: programme.id } } : {}),
  }

  const before = await readDevKeys(config.dataDir)
  const installation = await installationOf(config.dataDir)
  const links: SampleAccess['links'] = []
  const keys: Record<string, string> = {}
  for (const [name, place] of Object.entries(places)) {
    const role = name as Role
    const { id } = await services.staff.ensureStaff({ name: sample.people[role], role, ...place })
    links.push({ role, url: (await services.staff.createEnrolmentLink(id)).url })
    const known = before[role]
    keys[role] = await services.apiKeys.ensure(
      { name: `sample ${role} ${installation}`, role, ...place },
      typeof known === 'string' ? known : undefined,
    )
  }

  const approving = city.agencies.find(({ types }) =>
    types.some((id) => city.types.get(id)?.approval === 'officer'),
  )
  if (approving) {
    const approver = { name: sample.people.approver, role: 'officer', agencyId: approving.id } as const
    const { id } = await services.staff.ensureStaff(approver)
    links.push({ role: 'approver', url: (await services.staff.createEnrolmentLink(id)).url })
  }

  // An adult of the district that the sample verification asks for, so that each step of a first try succeeds.
  const [subject] = await db.sql<{ id: string }>`
    SELECT id FROM "Resident" WHERE "birthDate" < '2000' ORDER BY ("districtCode" = '28185') DESC, "registerNo" LIMIT 1`
  const credentials: DevCredentials = {
    apiKeys: keys as DevCredentials['apiKeys'],
    sample: { agency: agency.id, type, subject: subject?.id ?? '' },
  }
  return { links, credentials }
}

type Sample = { people: Record<Role | 'approver', string>; merchant: unknown; funds: unknown[] }

/** Answers the merchant's number. */
async function samplePayees({ db }: Context, { counter }: Services, sample: Sample): Promise<number> {
  const application = applicationSchema.parse(sample.merchant)
  const known = await db.prisma.payee.findUnique({ where: { businessNo: application.businessNo } })
  if (known) return known.id
  for (const fund of sample.funds.map((one) => fundBodySchema.parse(one))) {
    // A start that was cut off has made some of them.
    const made = await db.prisma.payee.findFirst({ where: { kind: fund.kind, nameKo: fund.name.ko } })
    if (!made) await counter.merchants.addFund(SYSTEM, fund)
  }
  const { id } = await counter.merchants.apply(application)
  await counter.merchants.approve(SYSTEM, id, sample.people.merchant)
  return id
}
