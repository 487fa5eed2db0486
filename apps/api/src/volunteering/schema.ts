import { z } from 'zod'
import { localizedSchema } from '../catalogue/schema.ts'
import { line, prose } from '../http/text.ts'

const words = (text: z.ZodString) =>
  z.object({ ko: text, en: text.optional() }).transform(({ ko, en }) => ({ ko, en: en ?? ko }))

export const idParamsSchema = z.object({ id: z.uuid() })
export const signupParamsSchema = z.object({ signupId: z.uuid() })
export const reasonSchema = z.object({ reason: prose(300) })
const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text))
const day = z.iso.date()

// ---------------------------------------------------------------- organisations

export const organisationStatuses = ['applied', 'accredited', 'suspended', 'rejected'] as const
export const organisationApplicationSchema = z.object({
  name: words(line(60)),
  registrationNo: z
    .string()
    .trim()
    .regex(/^[\p{L}\d][\p{L}\d -]{2,38}[\p{L}\d]$/u, 'is no registration number'),
  phone: z.string().regex(/^[\d+][\d -]{6,18}\d$/, 'is no telephone number'),
})
export const organisationAppliedSchema = z.object({ id: z.uuid(), status: z.literal('applied') })
export const organisationQuerySchema = z.object({ status: z.enum(organisationStatuses).optional() })
export const organisationSchema = z
  .object({
    id: z.uuid(),
    name: localizedSchema,
    registrationNo: z.string(),
    phone: z.string().nullable(),
    status: z.enum(organisationStatuses),
    decision: z.string().nullable().describe('The reason of the last decision'),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Organisation' })
export const accreditBodySchema = z
  .object({ staffName: line(40).optional(), reason: z.string().trim().max(300).optional() })
  .default({})
export const accreditedSchema = z.object({
  organisation: organisationSchema,
  link: z.url().describe('Enrols the passkey of the first organiser, once'),
  expiresAt: z.iso.datetime(),
})

// ---------------------------------------------------------------- activities

export const activityKindSchema = z.object({ id: z.string(), name: localizedSchema })
const activityFields = {
  title: words(line(80)),
  description: words(prose(2000)),
  kind: z.string().max(40),
  place: line(80),
  address: line(120),
  district: z.string().regex(/^\d{5}$/),
  latitude: z.number().min(33).max(39),
  longitude: z.number().min(124).max(132),
  startsAt: moment,
  endsAt: moment,
  places: z.number().int().min(1).max(10_000),
  minAge: z.number().int().min(1).max(120).nullish(),
  maxAge: z.number().int().min(1).max(120).nullish(),
  template: z.string().max(64).nullish().describe('What a volunteer has to prove, besides the ages'),
  params: z.record(z.string().max(64), z.string().max(200)).nullish(),
  minutes: z.number().int().min(10).max(480).describe('What a full attendance counts'),
  programmeId: z.number().int().min(1).max(4095).nullish(),
  pointsPerHour: z.number().int().min(0).max(65_535).default(0),
  school: z.boolean().default(false),
}
export const activityBodySchema = z.object({
  ...activityFields,
  repeat: z.object({ every: z.enum(['week', 'month']), times: z.number().int().min(2).max(52) }).optional(),
})
export const activityChangeSchema = z.object({
  ...activityFields,
  following: z.boolean().default(false).describe('Also the later dates of its series'),
})
export const cancelBodySchema = z.object({ reason: prose(300), following: z.boolean().default(false) })
export const publishBodySchema = z
  .object({ following: z.boolean().default(false) })
  .default({ following: false })

export const activitySchema = z
  .object({
    id: z.uuid(),
    organisation: z.object({ id: z.uuid(), name: localizedSchema }),
    seriesId: z.uuid().nullable().describe('The same for all dates of a repeated activity'),
    title: localizedSchema,
    description: localizedSchema,
    kind: z.string(),
    place: z.string(),
    address: z.string(),
    latitude: z.number(),
    longitude: z.number(),
    districtCode: z.string(),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    places: z.number().int(),
    placesLeft: z.number().int(),
    waiting: z.number().int(),
    minAge: z.number().int().nullable(),
    maxAge: z.number().int().nullable(),
    template: z.string().nullable(),
    minutes: z.number().int(),
    pointsPerHour: z.number().int(),
    school: z.boolean(),
    status: z.enum(['draft', 'published', 'cancelled']),
    cancelReason: z.string().nullable(),
    movedAt: z.iso
      .datetime()
      .nullable()
      .describe('When its time or place was changed after it was published'),
  })
  .meta({ id: 'Activity' })
export const organiserActivitySchema = activitySchema
  .extend({ district: z.string(), taken: z.number().int(), programmeId: z.number().int().nullable() })
  .meta({ id: 'OrganiserActivity' })
export const activityQuerySchema = z.object({
  from: day.optional(),
  to: day.optional(),
  kind: z.string().max(40).optional(),
  district: z.string().max(10).optional(),
})
export const activityListSchema = z.object({ items: z.array(activitySchema) })

// ---------------------------------------------------------------- sign-ups and attendance

const attendanceStatus = z.enum(['present', 'left', 'confirmed', 'refused', 'disputed'])
export const signupSchema = z
  .object({
    id: z.uuid(),
    activity: activitySchema,
    groupId: z.uuid().nullable(),
    status: z.enum(['consent', 'signed', 'waiting', 'withdrawn', 'cancelled']),
    position: z.number().int().nullable().describe('Place on the waiting list, from 1'),
    consentLink: z.url().nullable().describe('For the guardian, while the sign-up waits for a yes'),
    needsConsent: z.boolean(),
    attendance: z
      .object({
        checkedInAt: z.iso.datetime(),
        checkedOutAt: z.iso.datetime().nullable(),
        minutes: z.number().int().nullable(),
        status: attendanceStatus,
      })
      .nullable(),
  })
  .meta({ id: 'Signup' })
export const verificationNeededSchema = z.object({
  verification: z.object({ id: z.uuid(), requestUri: z.string(), expiresAt: z.iso.datetime() }),
  asks: z
    .enum(['adult', 'activity'])
    .describe('"adult": who cannot prove it signs up with `guardian` and asks a guardian'),
})
export const signupBodySchema = z.object({
  activityId: z.uuid(),
  groupId: z.uuid().optional(),
  guardian: z.boolean().default(false).describe('I am a minor: a guardian will be asked'),
})
export const provedBodySchema = signupBodySchema.extend({ verificationId: z.uuid() })
export const signedUpSchema = z.object({
  signup: signupSchema.nullable(),
  group: z
    .object({ signed: z.number().int(), waiting: z.number().int(), consent: z.number().int() })
    .optional()
    .describe('When a leader signed the whole group up'),
})

export const mineSchema = z.object({
  signups: z.array(signupSchema),
  hours: z.array(
    z.object({
      id: z.uuid(),
      title: localizedSchema,
      organisation: z.string(),
      date: z.iso.date(),
      minutes: z.number().int(),
      school: z.boolean(),
      points: z.string().nullable(),
      withheld: z.string().nullable().describe('Why not all points were given yet'),
      imported: z.boolean(),
    }),
  ),
  totals: z.object({ minutes: z.number().int(), schoolMinutes: z.number().int() }),
  nextBadge: z.object({ hours: z.number().int(), minutesLeft: z.number().int() }).nullable(),
})

export const codeSchema = z.object({ text: z.string(), expiresAt: z.iso.datetime() })
export const checkBodySchema = z.object({ text: z.string().max(300) })
export const checkedSchema = z.object({
  activity: z.object({ id: z.uuid(), title: localizedSchema }),
  what: z.enum(['in', 'out']),
  at: z.iso.datetime(),
})
export const scanBodySchema = z.object({ pass: z.string().max(4000) })
export const scannedSchema = z.object({
  name: z.string(),
  event: z.enum(['in', 'out']),
  at: z.iso.datetime(),
})
export const handBodySchema = z.object({
  signupId: z.uuid(),
  in: moment,
  out: moment.nullish(),
  note: z.string().trim().max(300).optional(),
})
export const volunteerSchema = z.object({
  signupId: z.uuid(),
  name: z.string(),
  group: z.string().nullable(),
  status: z.enum(['consent', 'signed', 'waiting', 'withdrawn', 'cancelled']),
  attendance: z
    .object({
      checkedInAt: z.iso.datetime(),
      checkedOutAt: z.iso.datetime().nullable(),
      minutes: z.number().int().nullable(),
      status: attendanceStatus,
      proposed: z.number().int(),
      note: z.string().nullable(),
    })
    .nullable(),
})
export const confirmBodySchema = z.object({
  hours: z
    .array(
      z.object({
        signupId: z.uuid(),
        minutes: z.number().int().min(0).max(1440),
        note: z.string().trim().max(300).optional(),
      }),
    )
    .min(1)
    .max(500),
})
export const confirmedSchema = z.object({
  items: z.array(
    z.object({
      signupId: z.uuid(),
      minutes: z.number().int(),
      hoursId: z.uuid().nullable(),
      points: z.number().int(),
      withheld: z.string().nullable(),
    }),
  ),
})
export const disputeBodySchema = z.object({ reason: prose(500) })
export const disputeSchema = z.object({
  signupId: z.uuid(),
  activity: z.object({
    id: z.uuid(),
    title: localizedSchema,
    startsAt: z.iso.datetime(),
    minutes: z.number().int(),
  }),
  organisation: localizedSchema,
  volunteer: z.string(),
  minutes: z.number().int().nullable(),
  checkedInAt: z.iso.datetime(),
  checkedOutAt: z.iso.datetime().nullable(),
  reason: z.string(),
  note: z.string().nullable(),
})
export const decisionBodySchema = z.object({ minutes: z.number().int().min(0).max(480), reason: prose(500) })

// ---------------------------------------------------------------- groups and consents

export const groupBodySchema = z.object({
  name: line(40),
  kind: z.enum(['school', 'club', 'company', 'family']),
  participates: z.boolean().default(true).describe('Whether the leader helps too'),
})
export const joinBodySchema = z.object({
  code: z
    .string()
    .max(20)
    .transform((text) => text.toUpperCase().replaceAll(/[\s-]/g, '')),
})
export const groupSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  kind: z.enum(['school', 'club', 'company', 'family']),
  joinCode: z.string().nullable().describe('For the leader alone'),
  members: z.number().int(),
  leader: z.boolean(),
})
export const groupListSchema = z.object({ items: z.array(groupSchema) })

const consentToken = z.string().min(20).max(100)
export const consentTokenBodySchema = z.object({ token: consentToken })
export const consentAnswerBodySchema = z.object({
  token: consentToken,
  answer: z.enum(['given', 'refused']),
  verificationId: z.uuid().optional().describe('The proof of being 19 or older, where one was asked for'),
})
export const consentSchema = z.object({
  id: z.uuid(),
  activity: activitySchema,
  volunteer: z.string().describe('The name, half hidden: enough for who knows the child'),
  status: z.enum(['asked', 'given', 'refused']),
  expiresAt: z.iso.datetime(),
  answeredAt: z.iso.datetime().nullable(),
})

// ---------------------------------------------------------------- certificates and the national portal

export const certificateKeysSchema = z.array(
  z.object({
    kid: z.string(),
    agency: z.object({ id: z.string(), name: localizedSchema }),
    jwk: z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }),
    x5c: z.array(z.string()),
    validFrom: z.iso.datetime(),
    validUntil: z.iso.datetime().nullable(),
  }),
)
export const certificateStateQuerySchema = z.object({ minutes: z.coerce.number().int().min(0) })
export const certificateStateParamsSchema = z.object({
  certificateNo: z.string().regex(/^\d{8}-[0-9A-F]{12}$/),
})
export const certificateStateSchema = z.object({ state: z.enum(['good', 'changed', 'unknown']) })

export const portalPreviewSchema = z.object({
  id: z.uuid(),
  added: z.number().int(),
  unchanged: z.number().int(),
  encoding: z.enum(['utf-8', 'cp949']),
  rows: z
    .array(
      z.object({
        number: z.string(),
        name: z.string(),
        title: z.string(),
        date: z.iso.date(),
        minutes: z.number().int(),
      }),
    )
    .describe('The first twenty'),
  errorCount: z.number().int(),
  errors: z.array(z.object({ row: z.number().int(), column: z.string(), message: localizedSchema })),
})
export const portalAppliedSchema = z.object({ added: z.number().int(), unchanged: z.number().int() })
export const exportQuerySchema = z.object({ from: day, to: day })
