import { type Interface, isError } from 'ethers'
import { ChainError } from './error.ts'

/** Runs a read. Whatever fails becomes a ChainError: `reverted` with the error's name, or `chain_unavailable`. */
export async function reading<T>(abi: Interface | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asChainError(error, abi)
  }
}

/** A failure of ethers or of the network as one of our codes. */
export function asChainError(error: unknown, abi?: Interface): ChainError {
  if (error instanceof ChainError) return error
  if (isError(error, 'CALL_EXCEPTION')) {
    const reason = error.revert?.name ?? revertName(error.data, abi) ?? error.reason ?? undefined
    return new ChainError('reverted', `The contract refused: ${reason ?? 'no reason given'}.`, {
      cause: error,
      reason,
    })
  }
  // No code at the address: the chain is there and does not hold what the manifest says (yet, or any more).
  if (isError(error, 'BAD_DATA')) {
    return new ChainError('chain_unavailable', 'The chain does not hold the contract that was asked.', {
      cause: error,
    })
  }
  const refusals = [
    'NONCE_EXPIRED',
    'REPLACEMENT_UNDERPRICED',
    'INSUFFICIENT_FUNDS',
    'TRANSACTION_REPLACED',
  ] as const
  if (refusals.some((code) => isError(error, code))) {
    return new ChainError('transaction_refused', 'The node refused the transaction.', { cause: error })
  }
  return new ChainError('chain_unavailable', `The chain does not answer: ${messageOf(error)}`, {
    cause: error,
  })
}

function revertName(data: string | null, abi: Interface | undefined): string | undefined {
  if (!data || data === '0x' || !abi) return undefined
  return abi.parseError(data)?.name
}

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return 'shortMessage' in error && typeof error.shortMessage === 'string'
    ? error.shortMessage
    : error.message
}
