export type { RelayLog } from './log.ts'
export { enqueue, enqueueAnchors, type OutboxPayload } from './outbox.ts'
export { knownRootOf, receiptOf } from './receipts.ts'
export { createRelay, type Relay, type RelayOptions } from './relay.ts'
