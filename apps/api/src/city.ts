import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  type CredentialType,
  credentialTypeSchema,
  type Localized,
  localizedSchema,
  type VerificationTemplate,
  verificationTemplateSchema,
} from '@pass/credentials'
import { z } from 'zod'

const idSchema = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens')

const citySchema = z.object({ id: idSchema, name: localizedSchema })
const agencySchema = z.strictObject({ id: idSchema, name: localizedSchema, types: z.array(idSchema).min(1) })
const verifierSchema = z.strictObject({ id: idSchema, name: localizedSchema })
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

export type AgencyEntry = z.output<typeof agencySchema>
export type VerifierEntry = z.output<typeof verifierSchema>
export type Neighbourhood = z.output<typeof neighbourhoodSchema>
export type District = z.output<typeof districtSchema>

/** A city as its files describe it. Nothing in the code names one. */
export type City = {
  id: string
  name: Localized
  agencies: AgencyEntry[]
  verifiers: VerifierEntry[]
  districts: District[]
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

  const { id, name } = read('city.json', citySchema)
  const city: City = {
    id,
    name,
    agencies: read('agencies.json', z.array(agencySchema)),
    verifiers: read('verifiers.json', z.array(verifierSchema)),
    districts: read('districts.json', z.array(districtSchema)),
    types: readAll('credential-types', credentialTypeSchema),
    templates: readAll('templates', verificationTemplateSchema),
  }
  checkReferences(city)
  return city
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

function readChecked<Schema extends z.ZodType>(path: string, name: string, schema: Schema): z.output<Schema> {
  let data: unknown
  try {
    data = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new CityError(`city/${name} is not well-formed JSON: ${error.message}`)
    throw new CityError(`city/${name} is missing or cannot be read.`)
  }
  const result = schema.safeParse(data)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.length ? issue.path.map(String).join('.') : 'the whole file'
  throw new CityError(`city/${name}: ${field}: ${issue?.message ?? 'does not fit'}.`)
}
