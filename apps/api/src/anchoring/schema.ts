import { type Hex, receiptSchema } from '@pass/anchoring'
import { z } from 'zod'

export { receiptSchema }

/** sha256 of the issuer-signed part, lower-case hex without 0x. */
export const anchorHashSchema = z.object({
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
})

export const rootsQuerySchema = z.object({
  /** Sequence number of the last root already known. */
  after: z.coerce.number().int().min(0).max(2_147_483_647).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(1000),
})

const hexSchema = z.custom<Hex>((value) => typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value))

export const rootsPageSchema = z.object({
  chain: z.number(),
  contract: z.string(),
  roots: z.array(
    z.object({
      root: hexSchema.meta({ type: 'string' }),
      sequence: z.number(),
      block: z.number(),
      time: z.number(),
    }),
  ),
  /** Pass as `after` for the next page; null when this was the last. */
  nextAfter: z.number().nullable(),
})

export const batchesQuerySchema = z.object({
  cursor: z
    .string()
    .regex(/^\d{1,15}\.0x[0-9a-f]{64}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export const batchesPageSchema = z.object({
  items: z.array(
    z.object({
      root: z.string(),
      leafCount: z.number(),
      status: z.enum(['pending', 'confirmed']),
      sequence: z.number().nullable(),
      txHash: z.string().nullable(),
      blockNumber: z.number().nullable(),
      /** When the chain took it. */
      anchoredAt: z.iso.datetime().nullable(),
      createdAt: z.iso.datetime(),
      confirmedAt: z.iso.datetime().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
  waiting: z.object({
    /** Credentials in no batch yet. */
    credentials: z.number(),
    /** Status list versions not on their way yet. */
    statusLists: z.number(),
    /** Batches and status list versions sent and not final. */
    pendingBatches: z.number(),
    pendingStatusLists: z.number(),
    /** Since when the oldest of the credentials waits. */
    oldest: z.iso.datetime().nullable(),
  }),
  chain: z.object({
    up: z.boolean(),
    chainId: z.number(),
    contract: z.string(),
    block: z.number().nullable(),
    /** Roots that the contract has taken, by its own count. */
    anchored: z.number().nullable(),
  }),
})

export type RootsPage = z.output<typeof rootsPageSchema>
export type BatchesPage = z.output<typeof batchesPageSchema>
