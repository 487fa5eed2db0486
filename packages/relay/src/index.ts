export type { RelayLog } from './log.ts'
export { enqueue, enqueueAnchors, type OutboxPayload } from './outbox.ts'
export { knownRoots, receiptOf } from './receipts.ts'
export { createRelay, type Relay, type RelayOptions } from './relay.ts'
