import { z } from 'zod'

/** Ours are hyphenated hex of any version: sample residents have version 8. */
const idSchema = z.guid()

export const residentSchema = z
  .object({
    id: idSchema,
    registerNo: z.string(),
    nameKo: z.string(),
    nameEn: z.string(),
    birthDate: z.iso.date(),
    districtCode: z.string(),
    neighbourhoodCode: z.string(),
    residentSince: z.iso.date(),
  })
  .meta({ id: 'Resident' })

export const residentDetailSchema = residentSchema
  .extend({ attributes: z.record(z.string(), z.unknown()).describe('What further offices know') })
  .meta({ id: 'ResidentDetail' })

export const residentQuerySchema = z.object({
  query: z.string().trim().max(100).default('').describe('The beginning of a name or of a register number'),
  district: z.string().max(20).default(''),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

export const residentPageSchema = z.object({
  items: z.array(residentSchema),
  nextCursor: z.string().nullable(),
})

export const residentParamsSchema = z.object({ id: idSchema })

const countsSchema = { added: z.number().int(), changed: z.number().int(), unchanged: z.number().int() }

const previewRowSchema = residentSchema.omit({ id: true })

export const previewSchema = z
  .object({
    id: idSchema,
    ...countsSchema,
    encoding: z.enum(['utf-8', 'cp949']),
    rows: z.array(previewRowSchema).describe('The first twenty'),
    errorCount: z.number().int(),
    errors: z.array(
      z.object({
        row: z.number().int().describe('As a spreadsheet counts: the heading is row 1'),
        column: z.string(),
        message: z.object({ ko: z.string(), en: z.string() }),
      }),
    ),
  })
  .meta({ id: 'ImportPreview' })

export const appliedSchema = z.object(countsSchema)
