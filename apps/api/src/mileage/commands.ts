import type { Sql } from '@pass/database'
import type { SignerName } from '@pass/relay'

/** An address, 0x lower-case hex. */
type Address = string
/** A whole number of points as a decimal string, since commands are kept as JSON. */
type Points = string

/** What can be ordered of the Mileage contract, by the name of its function, with what it needs to know. */
export type Commands = {
  createProgramme: {
    id: number
    operator: Address
    budgetPerPeriod: Points
    periodDays: number
    dayLimit: number
    startDay: number
    endDay: number
  }
  changeProgramme: { id: number; budgetPerPeriod: Points; dayLimit: number; endDay: number }
  /** `by` is for us: what the city stopped, a programme's owner cannot resume. */
  stopProgramme: { id: number; by: 'city' | 'owner' }
  resumeProgramme: { id: number }
  /** On the chain there are two kinds; the exchange into local currency is a merchant, for it is no gift. */
  registerPayee: { id: number; kind: 'merchant' | 'fund' }
  setPayeeFrozen: { id: number; frozen: boolean }
  /** Everything else stands in the rows of Refund and Redemption. */
  refund: { refundId: string }
  proposeCorrection: { id: string; holder: Address; programme: number; amount: Points; reasonHash: string }
  approveCorrection: { id: string }
  rejectCorrection: { id: string }
  requestRecovery: { from: Address; to: Address }
  cancelRecovery: { from: Address }
  completeRecovery: { from: Address }
  /** `signature` is base64url of 64 bytes, low s. */
  objectToRecovery: {
    from: Address
    key: { x: string; y: string }
    signature: string
    nonce: number
    deadline: number
  }
  pause: Record<string, never>
  unpause: Record<string, never>
}
export type Call = keyof Commands

/** Who sends it: the contract takes it from nobody else. */
export const SIGNER_OF: Record<Call, SignerName> = {
  createProgramme: 'treasurer',
  changeProgramme: 'treasurer',
  stopProgramme: 'treasurer',
  resumeProgramme: 'treasurer',
  registerPayee: 'treasurer',
  setPayeeFrozen: 'treasurer',
  proposeCorrection: 'treasurer',
  pause: 'treasurer',
  unpause: 'treasurer',
  refund: 'settler',
  requestRecovery: 'settler',
  cancelRecovery: 'settler',
  completeRecovery: 'settler',
  objectToRecovery: 'settler',
  approveCorrection: 'approver',
  rejectCorrection: 'approver',
}

/**
 * Orders an act of administration on the chain, in the transaction that decides it. It is sent once, and its event
 * marks it as done and changes what follows from it.
 * @param command `key` names the act for ever: the same key twice is one act
 */
export async function commandIn<Name extends Call>(
  sql: Sql,
  { key, call, args }: { key: string; call: Name; args: Commands[Name] },
): Promise<void> {
  await sql`
    INSERT INTO "ChainCommand" ("key", "signer", "call", "args")
    VALUES (${key}, ${SIGNER_OF[call]}, ${call}, ${JSON.stringify(args)}::jsonb)
    ON CONFLICT ("key") DO NOTHING`
}
