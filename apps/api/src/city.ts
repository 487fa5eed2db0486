import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  type CredentialType,
  credentialTypeSchema,
  type Localized,
  localizedSchema,
  type TransactionType,
  transactionTypeSchema,
  type VerificationTemplate,
  verificationTemplateSchema,
} from '@pass/credentials'
import { z } from 'zod'

const idSchema = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens')

const citySchema = z.object({ id: idSchema, name: localizedSchema, wallet: localizedSchema })
const agencySchema = z.strictObject({ id: idSchema, name: localizedSchema, types: z.array(idSchema).min(1) })
const isHttpsOrigin = (text: string): boolean =>
  text.startsWith('https://') && URL.canParse(text) && new URL(text).origin === text
const verifierSchema = z.strictObject({
  id: idSchema,
  name: localizedSchema,
  /** The city's own: it learns whose card was shown, to connect a wallet with its citizen. Others never do. */
  identifies: z.literal(true).optional(),
  /** Origins of its own web pages: those that wallets may come back to, or that may ask a wallet in the browser. */
  origins: z
    .array(z.string().refine(isHttpsOrigin, 'must be an origin such as https://library.example'))
    .optional(),
})
/** Somebody whose wallets may come for credentials: their provider vouches for them (HAIP 1.0 section 4.4.1). */
const walletProviderSchema = z.strictObject({
  id: idSchema,
  name: localizedSchema,
  /** What its wallets call themselves: `sub` of their attestations. */
  clientIds: z.array(z.string().min(1).max(500)).min(1),
  /** Authorities under one of which its attestations are signed. */
  rootCertificates: z
    .array(z.string().refine(isAuthority, 'must be the certificate of an authority: DER in base64'))
    .min(1),
  /** Where those authorities certify others too: the address that its own certificate names. */
  sanUri: z.url().optional(),
})
const neighbourhoodSchema = z.strictObject({
  code: z.string().regex(/^\d{10}$/, 'must be ten digits'),
  name: localizedSchema,
})
const districtSchema = z.strictObject({
  code: z.string().regex(/^\d{5}$/, 'must be five digits'),
  name: localizedSchema,
  /** Number of residents: how the sample register is weighted. */
  residents: z.number().int().positive(),
  /** Where the codes were taken from, with its date; says so when they are provisional. */
  codeSource: z.string().min(1),
  neighbourhoods: z.array(neighbourhoodSchema).min(1),
})

const wholePoints = z
  .string()
  .regex(/^[1-9]\d{0,11}$/, 'must be a whole number in quotes')
  .transform(BigInt)
/** What earns points, and how many a unit. */
export const programmeRuleSchema = z.strictObject({
  id: idSchema,
  name: localizedSchema,
  /** "시간", "kg": what is counted. */
  unit: localizedSchema,
  points: z.number().int().min(1).max(65_535),
  /** Most units at once. */
  most: z.number().int().min(1).max(10_000),
})
const categorySchema = z.strictObject({ id: idSchema, name: localizedSchema })
const portalSchema = z.object({
  columns: z.array(
    z.strictObject({
      field: z.enum([
        'number',
        'name',
        'birthDate',
        'programme',
        'title',
        'organisation',
        'kind',
        'date',
        'from',
        'to',
        'minutes',
      ]),
      heading: z.string().min(1),
      /** Other names that are read. */
      also: z.array(z.string()),
      required: z.boolean(),
    }),
  ),
})
const settlementSchema = z.strictObject({
  /** Length of a merchant's settlement period; one of seven days begins on a Monday. */
  periodDays: z.number().int().min(1).max(31),
  /** As the contract has it: how long after its settlement a payment can be given back. */
  refundWindowDays: z.number().int().positive(),
  /** What a phone without a network may pay with a signed code: points each, and codes a day. */
  offline: z.strictObject({ most: wholePoints, perDay: z.number().int().positive() }),
})

const wholeDate = z.iso.date()
const programmeSchema = z
  .strictObject({
    /** Its name in addresses and files. */
    id: idSchema,
    /** Its number on the chain: never another one's again. Those from 1000 are given at run time. */
    number: z.number().int().min(1).max(999),
    kind: z.enum(['volunteering', 'recycling', 'campaign']),
    name: localizedSchema,
    description: localizedSchema,
    owner: localizedSchema,
    budget: z.strictObject({ points: wholePoints, periodDays: z.number().int().min(1).max(366) }),
    /** Most points that a citizen may get in a day. */
    dayLimit: z.number().int().min(1).max(65_535),
    startsOn: wholeDate,
    /** The last day. */
    endsOn: wholeDate,
    rules: z.array(programmeRuleSchema).min(1),
  })
  .refine(({ startsOn, endsOn }) => startsOn <= endsOn, {
    error: 'must not end before it starts',
    path: ['endsOn'],
  })
  .refine(({ rules, dayLimit }) => rules.every(({ points, most }) => points * most <= dayLimit), {
    error: 'no rule may give more at once than the day limit',
    path: ['rules'],
  })

export type ProgrammeEntry = z.output<typeof programmeSchema>
export type ProgrammeRule = z.output<typeof programmeRuleSchema>
export type SettlementTerms = z.output<typeof settlementSchema>
export type AgencyEntry = z.output<typeof agencySchema>
export type VerifierEntry = z.output<typeof verifierSchema>
export type WalletProviderEntry = z.output<typeof walletProviderSchema>
export type Neighbourhood = z.output<typeof neighbourhoodSchema>
export type District = z.output<typeof districtSchema>

/** A city as its files describe it. Nothing in the code names one. */
export type City = {
  id: string
  name: Localized
  /** What the city calls its own wallet. */
  wallet: Localized
  agencies: AgencyEntry[]
  verifiers: VerifierEntry[]
  /** Other makers of wallets that the city trusts. */
  walletProviders: WalletProviderEntry[]
  districts: District[]
  /** What merchants are. */
  merchantCategories: z.output<typeof categorySchema>[]
  /** What volunteers help with. */
  activityKinds: z.output<typeof categorySchema>[]
  /** How hours stand in files of the national volunteer portal. */
  portalColumns: z.output<typeof portalSchema>['columns']
  settlement: SettlementTerms
  /** What gives points, by id. Others may be made at run time. */
  programmes: ReadonlyMap<string, ProgrammeEntry>
  /** What a citizen can confirm with a card. */
  transactionTypes: readonly TransactionType[]
  /** By id. */
  types: ReadonlyMap<string, CredentialType>
  /** By id. */
  templates: ReadonlyMap<string, VerificationTemplate>
}

/** A file of the city that cannot be used; the message names the file and the field. */
export class CityError extends Error {
  override readonly name = 'CityError'
}

/**
 * Reads the city's folder.
 * @throws CityError, one sentence, for a file that is missing, is no JSON, or has a field that does not fit.
 */
export function loadCity(folder: string): City {
  const read = <Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> =>
    readChecked(join(folder, file), relative(folder, join(folder, file)), schema)
  const readAll = <Schema extends z.ZodType<{ id: string }>>(sub: string, schema: Schema) => {
    const entries = filesIn(join(folder, sub), sub).map(
      (file) => [file, read(join(sub, file), schema)] as const,
    )
    for (const [file, { id }] of entries)
      if (file !== `${id}.json`)
        throw new CityError(`city/${sub}/${file}: "id" is "${id}", but the file is named otherwise.`)
    return new Map(entries.map(([, entry]) => [entry.id, entry] as const))
  }

  const { id, name, wallet } = read('city.json', citySchema)
  const city: City = {
    id,
    name,
    wallet,
    agencies: read('agencies.json', z.array(agencySchema)),
    verifiers: read('verifiers.json', z.array(verifierSchema)),
    walletProviders: read('wallet-providers.json', z.array(walletProviderSchema)),
    districts: read('districts.json', z.array(districtSchema)),
    merchantCategories: read('merchant-categories.json', z.array(categorySchema)),
    activityKinds: read('activity-kinds.json', z.array(categorySchema)),
    portalColumns: read('portal-1365.json', portalSchema).columns,
    settlement: read('settlement.json', settlementSchema),
    programmes: readAll('programmes', programmeSchema),
    transactionTypes: read('transaction-types.json', z.array(transactionTypeSchema)),
    types: readAll('credential-types', credentialTypeSchema),
    templates: readAll('templates', verificationTemplateSchema),
  }
  checkReferences(city)
  return city
}

/**
 * Further providers, from a file of the same form as city/wallet-providers.json that an operator names.
 * @throws CityError
 */
export function loadWalletProviders(path: string): WalletProviderEntry[] {
  return readChecked(path, path, z.array(walletProviderSchema), '')
}

function isAuthority(base64: string): boolean {
  const der = Buffer.from(base64, 'base64')
  try {
    return der.toString('base64') === base64 && new X509Certificate(der).ca
  } catch {
    return false
  }
}

function checkReferences(city: City): void {
  unique(
    'agencies.json',
    'id',
    city.agencies.map((agency) => agency.id),
  )
  unique(
    'verifiers.json',
    'id',
    city.verifiers.map((verifier) => verifier.id),
  )
  unique(
    'transaction-types.json',
    'id',
    city.transactionTypes.map((type) => type.id),
  )
  unique(
    'programmes',
    'number',
    [...city.programmes.values()].map(({ number }) => String(number)),
  )
  unique(
    'merchant-categories.json',
    'id',
    city.merchantCategories.map((category) => category.id),
  )
  unique(
    'districts.json',
    'code',
    city.districts.map((district) => district.code),
  )
  unique(
    'districts.json',
    'neighbourhoods.code',
    city.districts.flatMap((d) => d.neighbourhoods.map((n) => n.code)),
  )
  for (const agency of city.agencies)
    for (const type of agency.types)
      if (!city.types.has(type))
        throw new CityError(
          `city/agencies.json: "${agency.id}" lists the type "${type}", which has no file in credential-types.`,
        )
  for (const { id, verifiers = [] } of city.templates.values())
    for (const verifier of verifiers)
      if (!city.verifiers.some((known) => known.id === verifier))
        throw new CityError(
          `city/templates/${id}.json: there is no verifier "${verifier}" in city/verifiers.json.`,
        )
  for (const district of city.districts)
    for (const { code } of district.neighbourhoods)
      if (!code.startsWith(district.code))
        throw new CityError(
          `city/districts.json: neighbourhood "${code}" does not begin with its district's "${district.code}".`,
        )
}

function unique(file: string, field: string, values: string[]): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index)
  if (twice !== undefined) throw new CityError(`city/${file}: ${field} "${twice}" is there twice.`)
}

function filesIn(folder: string, name: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .sort()
  } catch {
    throw new CityError(`The folder city/${name} is missing.`)
  }
}

function readChecked<Schema extends z.ZodType>(
  path: string,
  name: string,
  schema: Schema,
  folder = 'city/',
): z.output<Schema> {
  let data: unknown
  try {
    data = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new CityError(`${folder}${name} is not well-formed JSON: ${error.message}`)
    throw new CityError(`${folder}${name} is missing or cannot be read.`)
  }
  const result = schema.safeParse(data)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.length ? issue.path.map(String).join('.') : 'the whole file'
  throw new CityError(`${folder}${name}: ${field}: ${issue?.message ?? 'does not fit'}.`)
}
