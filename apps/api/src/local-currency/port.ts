/**
 * The city's local currency, such as 인천e음, as far as points need it. An adapter for a real operator implements this
 * and nothing else.
 */
export type LocalCurrency = {
  /**
   * Moves money into somebody's account, once for each `reference`: asked again, it answers the same and moves nothing.
   * @param transfer.account Number of the citizen's account with the city.
   * @param transfer.amount Won.
   * @returns the operator's own reference
   * @throws TransferRefused when it never will; any other error means that it is not known, and to ask again
   */
  transfer(transfer: { reference: string; account: string; amount: bigint }): Promise<{ reference: string }>
  /** What is in an account, where the operator tells. */
  balanceOf?(account: string): Promise<bigint>
}

/** The operator has decided against a transfer: no such account, or more than it may hold. */
export class TransferRefused extends Error {
  override readonly name = 'TransferRefused'
}
