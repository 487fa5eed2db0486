import type { Database, ManagedIdentifier, Prisma } from '@pass/database'
import type { IIdentifier, IService } from '@veramo/core-types'
import { AbstractDIDStore } from '@veramo/did-manager'
import { keyOfRow } from '../keys/key-store.ts'

/** Veramo's identifiers in the database. Keys belong to an identifier by ManagedKey.identifierDid. */
export class PrismaDidStore extends AbstractDIDStore {
  readonly #prisma: Database['prisma']

  constructor(prisma: Database['prisma']) {
    super()
    this.#prisma = prisma
  }

  override async importDID(identifier: IIdentifier): Promise<boolean> {
    const { did, provider, services, keys } = identifier
    const row = {
      alias: identifier.alias ?? null,
      provider,
      controllerKeyId: identifier.controllerKeyId ?? null,
      services: services as unknown as Prisma.InputJsonArray,
    }
    const kids = keys.map(({ kid }) => kid)
    await this.#prisma.$transaction([
      this.#prisma.managedIdentifier.upsert({ where: { did }, create: { did, ...row }, update: row }),
      this.#prisma.managedKey.updateMany({ where: { kid: { in: kids } }, data: { identifierDid: did } }),
      this.#prisma.managedKey.updateMany({
        where: { identifierDid: did, kid: { notIn: kids } },
        data: { identifierDid: null },
      }),
    ])
    return true
  }

  override async getDID(query: { did?: string; alias?: string }): Promise<IIdentifier> {
    const where = query.did === undefined ? { alias: query.alias ?? '' } : { did: query.did }
    const row = await this.#prisma.managedIdentifier.findFirst({ where })
    if (!row) throw new Error(`not_found: There is no identifier ${query.did ?? query.alias}.`)
    return this.#withKeys(row)
  }

  override async deleteDID({ did }: { did: string }): Promise<boolean> {
    await this.#prisma.managedKey.updateMany({ where: { identifierDid: did }, data: { identifierDid: null } })
    return (await this.#prisma.managedIdentifier.deleteMany({ where: { did } })).count > 0
  }

  override async listDIDs(query: { alias?: string; provider?: string }): Promise<IIdentifier[]> {
    const rows = await this.#prisma.managedIdentifier.findMany({
      where: {
        ...(query.alias === undefined ? {} : { alias: query.alias }),
        ...(query.provider === undefined ? {} : { provider: query.provider }),
      },
    })
    return Promise.all(rows.map((row) => this.#withKeys(row)))
  }

  async #withKeys(row: ManagedIdentifier): Promise<IIdentifier> {
    const keys = await this.#prisma.managedKey.findMany({ where: { identifierDid: row.did } })
    return {
      did: row.did,
      provider: row.provider,
      ...(row.alias === null ? {} : { alias: row.alias }),
      ...(row.controllerKeyId === null ? {} : { controllerKeyId: row.controllerKeyId }),
      services: row.services as unknown as IService[],
      keys: keys.map(keyOfRow),
    }
  }
}
