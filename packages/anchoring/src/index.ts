export { type Batch, buildBatch } from './batch.ts'
export { AnchoringError, type AnchoringErrorCode } from './error.ts'
export { leafOf } from './leaf.ts'
export { type Hex, MAX_DEPTH, type Receipt, receiptSchema } from './receipt.ts'
export {
  type ExpectedChain,
  type KnownRoot,
  type ReceiptRefusal,
  type ReceiptVerdict,
  verifyReceipt,
} from './verify-receipt.ts'
