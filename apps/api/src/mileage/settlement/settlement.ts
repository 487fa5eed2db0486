import { type CityChain, cityEvents } from '@pass/chain'
import type { Database } from '@pass/database'
import type { Lane, Projection, RelayLog } from '@pass/relay'
import { awardEvents } from './award-events.ts'
import { awardLane } from './award-lane.ts'
import { commandLane } from './command-lane.ts'
import { correctionEvents } from './correction-events.ts'
import { unknownTo } from './handlers.ts'
import { recoveryEvents } from './recovery-events.ts'
import { redemptionEvents } from './redemption-events.ts'
import { redemptionLane } from './redemption-lane.ts'
import { refundEvents } from './refunds.ts'
import { registerEvents } from './register-events.ts'

export type SettlementOptions = { db: Database; chain: CityChain; clock: () => Date; log: RelayLog }

/**
 * The points' way to the chain and back. What the projection writes (balances, and what is settled, confirmed or
 * active) nobody else writes.
 */
export function mileageSettlement(options: SettlementOptions): { lanes: Lane[]; projections: Projection[] } {
  const unknown = unknownTo(options.log)
  return {
    lanes: [commandLane(options), redemptionLane(options), awardLane(options)],
    projections: [
      {
        name: 'mileage',
        contract: options.chain.manifest.contracts.mileage,
        abi: cityEvents.mileage,
        on: {
          ...registerEvents(unknown),
          ...awardEvents(unknown),
          ...redemptionEvents(unknown),
          ...refundEvents(unknown),
          ...correctionEvents(unknown),
          ...recoveryEvents(unknown),
        },
      },
    ],
  }
}
