import { z } from 'zod'

/** Bytes as hex with `0x`, the way they stand on the chain. */
export type Hex = `0x${string}`

const address = z.custom<Hex>((value) => typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value))

const contracts = z.object({
  accessManager: address,
  issuerRegistry: address,
  credentialAnchor: address,
  didRegistry: address,
  mileage: address,
})

/** Where the city's contracts stand on one network. One file per network. */
export const manifestSchema = z.object({
  chainId: z.number().int().positive(),
  contracts,
  /** No event of these contracts lies in an earlier block. */
  deployBlock: z.number().int().nonnegative(),
})

export type Manifest = z.infer<typeof manifestSchema>

/** A manifest that an earlier version may have written: what came later is not in it. `deployCity` completes it. */
export const earlierManifestSchema = manifestSchema.extend({
  contracts: contracts.partial({ mileage: true }),
})

export type EarlierManifest = z.infer<typeof earlierManifestSchema>
