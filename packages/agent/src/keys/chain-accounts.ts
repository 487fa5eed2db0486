import type { ChainAccount, Hex, Vault } from '../types.ts'

/** The accounts that a deployment gives its roles to; each is made at first use. The deployer signs for itself. */
export async function roleAccounts(
  vault: Pick<Vault, 'chainSigner'>,
): Promise<Record<Exclude<ChainAccount, 'deployer'>, Hex>> {
  const addressOf = async (name: ChainAccount) => (await (await vault.chainSigner(name)).getAddress()) as Hex
  return {
    registrar: await addressOf('registrar'),
    anchorer: await addressOf('anchorer'),
    settler: await addressOf('settler'),
    treasurer: await addressOf('treasurer'),
    approver: await addressOf('approver'),
  }
}
