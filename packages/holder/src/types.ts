/** The shapes that the wallet's engine and its host share: ports, what is stored, what a screen is shown. */

export type { Receipt } from '@pass/anchoring'
export type { TransactionType } from '@pass/credentials'
export type * from './types/basics.ts'
export type * from './types/device.ts'
export type * from './types/issuance.ts'
export type * from './types/offer.ts'
export type * from './types/ports.ts'
export type * from './types/presentation.ts'
export type * from './types/records.ts'
export type * from './types/stored.ts'
