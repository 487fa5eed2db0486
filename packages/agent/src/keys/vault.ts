import type { Database } from '@pass/database'
import { AgentError } from '../errors.ts'
import type { Vault } from '../types.ts'
import { createChainSigner } from './chain-signer.ts'
import { CityKeyManagementSystem, signEs256 } from './kms.ts'
import { createSealing, type Sealing } from './sealing.ts'

const CHECK = 'masterKeyCheck'
const CHECK_TEXT = 'incheon-pass'

/** The vault with what only this package uses. */
export type OpenVault = { vault: Vault; kms: CityKeyManagementSystem }

/**
 * Opens the vault over a database. The first time it leaves a sealed word there, by which it tells later that
 * the master key is still the one that the keys were sealed under.
 * @throws AgentError `master_key_wrong`
 */
export async function openVault(options: { db: Database; masterKey: Uint8Array }): Promise<Vault> {
  return (await openVaultAndKms(options)).vault
}

export async function openVaultAndKms({
  db,
  masterKey,
}: {
  db: Database
  masterKey: Uint8Array
}): Promise<OpenVault> {
  const sealing = createSealing(masterKey, 'data')
  await checkMasterKey(db, sealing)
  const kms = new CityKeyManagementSystem(db, createSealing(masterKey, 'keys'))
  return {
    kms,
    vault: {
      ...sealing,
      signer: (keyRef) => async (data) => {
        const { type, privateKey } = await kms.key(keyRef)
        if (type !== 'Secp256r1') throw new AgentError('unsupported_key', `${keyRef} is not a P-256 key.`)
        return signEs256(privateKey, data)
      },
      chainSigner: async (name, provider) => createChainSigner(kms, `chain/${name}`, provider),
    },
  }
}

async function checkMasterKey(db: Database, sealing: Sealing) {
  const sealed = Buffer.from(sealing.seal(CHECK, Buffer.from(CHECK_TEXT))).toString('base64')
  await db.prisma.setting.createMany({ data: [{ key: CHECK, value: sealed }], skipDuplicates: true })
  const row = await db.prisma.setting.findUniqueOrThrow({ where: { key: CHECK } })
  try {
    sealing.open(CHECK, Buffer.from(String(row.value), 'base64'))
  } catch (cause) {
    throw new AgentError(
      'master_key_wrong',
      'The master key is not the one that this database was set up with: put back the MASTER_KEY or the master.key file that belongs to it.',
      { cause },
    )
  }
}
