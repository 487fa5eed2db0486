import type { Database } from '@pass/database'
import { type CityKeyManagementSystem, publicJwkOf } from '../keys/kms.ts'
import type { CertifiedKey } from '../types.ts'
import type { LeafSubject } from './certificates.ts'

/**
 * A key of the city's own with a certificate of its authority, made at first use. The certificate is kept in Setting
 * and renewed in time; it is remembered in between.
 */
export function createCertifiedKey(options: {
  db: Database
  kms: CityKeyManagementSystem
  renewed(x5c: readonly string[], subject: LeafSubject): Promise<string[]>
  keyRef: string
  /** Name of the row in Setting. */
  setting: string
  subject: Omit<LeafSubject, 'publicJwk'>
}): () => Promise<CertifiedKey> {
  const { db, kms, renewed, keyRef, setting, subject } = options
  let current: string[] | undefined

  return async () => {
    const publicJwk = await publicJwkOf(kms, keyRef)
    const known = current ?? (await stored())
    const x5c = await renewed(known, { ...subject, publicJwk })
    if (x5c[0] !== known[0])
      await db.prisma.setting.upsert({
        where: { key: setting },
        create: { key: setting, value: x5c },
        update: { value: x5c },
      })
    current = x5c
    return { keyRef, publicJwk, x5c }
  }

  async function stored(): Promise<string[]> {
    const row = await db.prisma.setting.findUnique({ where: { key: setting } })
    return row ? (row.value as string[]) : []
  }
}
