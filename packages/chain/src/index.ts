export type { AnchoredRoot, Anchors } from './anchors.ts'
export type { CityChain } from './city-chain.ts'
export { connectCity } from './connect.ts'
export { deployCity } from './deploy.ts'
export { ChainError, type ChainErrorCode } from './error.ts'
export { type ChainEvent, cityEvents, type EventSource, readEvents } from './events.ts'
export { issuerId, statusListId, typeHash } from './identifiers.ts'
export type { Issuers, Span } from './issuers.ts'
export { type EarlierManifest, earlierManifestSchema, type Hex, type Manifest } from './manifest.ts'
export {
  AWARD_BATCH,
  type AwardBatch,
  awardGas,
  type Mileage,
  type Programme,
  REDEMPTION_BATCH,
  type Redemption,
  type Refund,
  redemptionGas,
} from './mileage.ts'
export { type IssuerRecord, type Period, type Standing, standingAt } from './standing.ts'
export type { SignedTransaction, Transactions, TxRequest } from './transaction.ts'
