import { randomUUID } from 'node:crypto'
import type { Database, SigningKey } from '@pass/database'
import { type CityKeyManagementSystem, KMS, publicJwkOf } from '../keys/kms.ts'
import { keyHashOf } from '../keys/public-key.ts'
import type { AgencyKey, Hex, PublicJwk, VeramoAgent } from '../types.ts'

type Context = { db: Database; kms: CityKeyManagementSystem; veramo: VeramoAgent; clock: () => Date }

/**
 * A new key of the agency: in the key management system, in Veramo's key store, and as a row that is not complete
 * until the key is published and certified.
 */
export async function createSigningKey(
  { db, kms, veramo, clock }: Context,
  agencyId: string,
): Promise<AgencyKey> {
  const id = randomUUID()
  const keyRef = `agency/${agencyId}/${id}`
  await veramo.keyManagerCreate({ kms: KMS, type: 'Secp256r1', kid: keyRef })
  const publicJwk = await publicJwkOf(kms, keyRef)
  const row = { id, agencyId, keyRef, publicJwk, keyHash: keyHashOf(publicJwk), validFrom: clock() }
  return keyOfRow(await db.prisma.signingKey.create({ data: { ...row, didUrl: '', x5c: [] } }))
}

/** Published and certified: fit to sign. */
export const isComplete = ({ didUrl, x5c }: AgencyKey) => didUrl !== '' && x5c.length > 0

/** Oldest first. */
export async function keysOf(db: Database, agencyId: string): Promise<AgencyKey[]> {
  const rows = await db.prisma.signingKey.findMany({
    where: { agencyId },
    orderBy: [{ validFrom: 'asc' }, { id: 'asc' }],
  })
  return rows.map(keyOfRow)
}

export function keyOfRow(row: SigningKey): AgencyKey {
  return { ...row, publicJwk: row.publicJwk as PublicJwk, keyHash: row.keyHash as Hex }
}
