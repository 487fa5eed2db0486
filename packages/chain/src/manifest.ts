import { z } from 'zod'

/** Bytes as hex with `0x`, the way they stand on the chain. */
export type Hex = `0x${string}`

const address = z.custom<Hex>((value) => typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value))

/** Where the city's contracts stand on one network. One file per network. */
export const manifestSchema = z.object({
  chainId: z.number().int().positive(),
  contracts: z.object({
    accessManager: address,
    issuerRegistry: address,
    credentialAnchor: address,
    didRegistry: address,
  }),
  /** No event of these contracts lies in an earlier block. */
  deployBlock: z.number().int().nonnegative(),
})

export type Manifest = z.infer<typeof manifestSchema>
