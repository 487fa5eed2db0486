import { z } from 'zod'
import { localizedSchema } from '../catalogue/schema.ts'
import { programmeRuleSchema } from '../city.ts'

const writtenLocalized = z.object({
  ko: z.string().trim().min(1).max(100),
  en: z.string().trim().min(1).max(100),
})
/** A whole number of points: JSON numbers end before points do. */
const points = z.string().regex(/^-?\d{1,19}$/)
const wholePoints = z
  .string()
  .regex(/^[1-9]\d{0,11}$/, 'must be a whole number of points in quotes')
  .transform(BigInt)
const dayLimit = z.number().int().min(1).max(65_535)

export const programmeParamsSchema = z.object({ id: z.coerce.number().int().min(1).max(4095) })
export const awardParamsSchema = z.object({ id: z.uuid() })
export const correctionParamsSchema = z.object({ id: z.string().regex(/^\d{1,18}$/) })
export const pageQuerySchema = z.object({
  cursor: z
    .string()
    .regex(/^\d{1,13}_[\w-]{1,80}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(100).default(30),
})
export const awardsQuerySchema = pageQuerySchema.extend({
  cursor: z
    .string()
    .regex(/^\d{1,13}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    .optional(),
})

export const programmeSchema = z
  .object({
    id: z.number().int(),
    slug: z.string(),
    kind: z.string(),
    name: localizedSchema,
    description: localizedSchema,
    owner: localizedSchema,
    status: z.enum(['pending', 'active', 'stopped']),
    budget: points.describe('Most points a period'),
    spent: points.describe('Of the running period, as the chain has it'),
    periodDays: z.number().int(),
    dayLimit: z.number().int().describe('Most points for a citizen and day'),
    startsOn: z.iso.date(),
    endsOn: z.iso.date().describe('The last day'),
    rules: z.array(
      z.object({
        id: z.string(),
        name: localizedSchema,
        unit: localizedSchema,
        points: z.number().int(),
        most: z.number().int(),
      }),
    ),
  })
  .meta({ id: 'Programme' })

export const spendingSchema = z
  .object({
    periods: z.array(z.object({ from: z.iso.date(), to: z.iso.date(), points, budget: points })),
    weeks: z.array(z.object({ week: z.iso.date().describe('Its Monday'), points })),
  })
  .meta({ id: 'ProgrammeSpending' })

export const programmeBodySchema = z
  .object({
    slug: z
      .string()
      .min(2)
      .max(40)
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens'),
    kind: z.enum(['volunteering', 'recycling', 'campaign']),
    name: writtenLocalized,
    description: z.object({
      ko: z.string().trim().min(1).max(500),
      en: z.string().trim().min(1).max(500),
    }),
    owner: writtenLocalized,
    budget: wholePoints,
    periodDays: z.number().int().min(1).max(366),
    dayLimit,
    startsOn: z.iso.date(),
    endsOn: z.iso.date(),
    rules: z.array(programmeRuleSchema).min(1).max(50),
  })
  .refine(({ startsOn, endsOn }) => startsOn <= endsOn, {
    error: 'must not end before it starts',
    path: ['endsOn'],
  })

export const changeBodySchema = z
  .object({ budget: wholePoints, dayLimit, endsOn: z.iso.date() })
  .partial()
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'says nothing to change')

export const awardBodySchema = z.object({
  to: z.union([
    z.strictObject({ number: z.string().regex(/^\d{10}$/, 'must be ten digits') }),
    z.strictObject({ pass: z.string().min(1).max(4000) }),
  ]),
  rule: z.string().max(60),
  quantity: z.number().int().min(1).max(10_000),
  reason: writtenLocalized.optional(),
})

const awardStatus = z.enum(['pending', 'batched', 'confirmed', 'refused'])
export const givenSchema = z.object({ id: z.uuid(), points: z.number().int(), status: awardStatus })
export const awardSchema = z
  .object({
    id: z.uuid(),
    points: z.number().int(),
    reason: localizedSchema,
    rule: z.string(),
    status: awardStatus,
    to: z.string().describe('Number of the account'),
    createdAt: z.iso.datetime(),
    confirmedAt: z.iso.datetime().nullable(),
    hash: z.string().describe('What its receipt is found by'),
  })
  .meta({ id: 'Award' })
export const awardsPageSchema = z.object({ items: z.array(awardSchema), nextCursor: z.string().nullable() })

export const pauseBodySchema = z.object({ reason: z.string().trim().min(2).max(300) })
export const correctionBodySchema = z.object({
  amount: wholePoints,
  reason: z.string().trim().min(2).max(300),
})
export const correctionSchema = z
  .object({
    id: z.string(),
    programme: z.number().int(),
    account: z.string().describe('Its number'),
    amount: points,
    debited: points.nullable().describe('What was really taken'),
    reason: z.string(),
    status: z.enum(['proposed', 'approved', 'rejected', 'settled']),
    proposedBy: z.string(),
    own: z.boolean().describe('Whether the caller proposed it, and so cannot approve it'),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Correction' })

export const walletPointsSchema = z
  .object({
    spendable: points,
    held: points,
    pending: points,
    buckets: z.array(z.object({ points, expiresOn: z.iso.date() })),
    lastNonce: z.number().int(),
    domain: z
      .object({ chainId: z.number().int(), contract: z.string() })
      .describe('For which contract a payment is signed'),
    settlementSeconds: z.number().int().describe('How long a payment or an award usually takes to be final'),
    offline: z.object({ most: points, perDay: z.number().int() }),
  })
  .meta({ id: 'WalletPoints' })

export const historySchema = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        kind: z.enum([
          'award',
          'payment',
          'donation',
          'exchange',
          'refund',
          'correction',
          'moved',
          'expired',
        ]),
        points,
        title: localizedSchema,
        detail: localizedSchema.nullable(),
        at: z.iso.datetime(),
        status: z.enum(['pending', 'confirmed', 'failed']),
        receipt: z.string().nullable().describe('See GET /api/anchors/{hash}'),
      }),
    ),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'PointsHistory' })

export const totalsSchema = z
  .object({
    contract: z.string(),
    chainId: z.number().int(),
    paused: z.boolean().describe('The city has stopped all points for the moment'),
    supply: points,
    awarded: points,
    redeemed: points,
    donated: points,
    expired: points,
    refunded: points,
    corrected: points,
  })
  .meta({ id: 'ChainTotals' })

export const reconciliationSchema = z
  .object({
    differences: z.array(z.string()).describe('One line each; none when database and chain agree'),
    block: z.number().int().describe('The newest block that the database has read: all is as of it'),
    head: z.number().int(),
    waiting: z
      .object({ awards: z.number().int(), payments: z.number().int(), commands: z.number().int() })
      .describe('On its way, which is no difference'),
  })
  .meta({ id: 'Reconciliation' })
