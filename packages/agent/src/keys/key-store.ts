import type { Database, ManagedKey, Prisma } from '@pass/database'
import type { IKey, ManagedKeyInfo } from '@veramo/core-types'
import { AbstractKeyStore } from '@veramo/key-manager'
import { AgentError } from '../errors.ts'

/** Veramo's record of which key lies in which key management system: public parts only. */
export class PrismaKeyStore extends AbstractKeyStore {
  readonly #prisma: Database['prisma']

  constructor(prisma: Database['prisma']) {
    super()
    this.#prisma = prisma
  }

  override async importKey(key: Partial<IKey>): Promise<boolean> {
    if (!key.kid || !key.kms || !key.type || !key.publicKeyHex) {
      throw new AgentError('unsupported_key', 'A managed key needs kid, kms, type and publicKeyHex.')
    }
    const row = {
      kms: key.kms,
      type: key.type,
      publicKeyHex: key.publicKeyHex,
      meta: (key.meta ?? {}) as Prisma.InputJsonObject,
    }
    await this.#prisma.managedKey.upsert({
      where: { kid: key.kid },
      create: { kid: key.kid, ...row },
      update: row,
    })
    return true
  }

  override async getKey({ kid }: { kid: string }): Promise<IKey> {
    const row = await this.#prisma.managedKey.findUnique({ where: { kid } })
    if (!row) throw new AgentError('unknown_key', `There is no key named ${kid}.`)
    return keyOfRow(row)
  }

  override async deleteKey({ kid }: { kid: string }): Promise<boolean> {
    return (await this.#prisma.managedKey.deleteMany({ where: { kid } })).count > 0
  }

  override async listKeys(): Promise<ManagedKeyInfo[]> {
    return (await this.#prisma.managedKey.findMany()).map(keyOfRow)
  }
}

export function keyOfRow({ kid, kms, type, publicKeyHex, meta }: ManagedKey): IKey {
  return { kid, kms, type: type as IKey['type'], publicKeyHex, meta: meta as NonNullable<IKey['meta']> }
}
