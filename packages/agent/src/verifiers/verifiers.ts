import type { Database, Verifier } from '@pass/database'
import { type CityAuthority, x509HashOf } from '../authority/authority.ts'
import { AgentError } from '../errors.ts'
import { type CityKeyManagementSystem, publicJwkOf } from '../keys/kms.ts'
import type { PublicJwk, VerifierKey, Verifiers } from '../types.ts'

/** Verifiers of the city: a request-signing key and a certificate for each. */
export function createVerifiers(options: {
  db: Database
  kms: CityKeyManagementSystem
  authority: CityAuthority
}): Verifiers {
  const { db, kms, authority } = options
  return {
    async ensure({ id, name, url }) {
      const keyRef = `verifier/${id}`
      const publicJwk = await publicJwkOf(kms, keyRef)
      const known = await db.prisma.verifier.findUnique({ where: { id } })
      const subject = {
        publicJwk,
        commonName: name.ko,
        organization: name.en,
        sanUri: url,
        ...dnsNameIn(url),
      }
      const x5c = await authority.renewed(known?.x5c ?? [], subject)
      const row = { nameKo: name.ko, nameEn: name.en, keyRef, publicJwk, x5c }
      return verifierOfRow(
        await db.prisma.verifier.upsert({ where: { id }, create: { id, ...row }, update: row }),
      )
    },
    async get(id) {
      const row = await db.prisma.verifier.findUnique({ where: { id } })
      if (!row) throw new AgentError('unknown_verifier', `There is no verifier ${id}.`)
      return verifierOfRow(row)
    },
  }
}

/** Wallets that know verifiers by host name look for it there. An address of numbers is no host name. */
function dnsNameIn(url: string): { sanDns?: string } {
  const { hostname } = new URL(url)
  return /^[\d.]+$|:/.test(hostname) ? {} : { sanDns: hostname }
}

function verifierOfRow({ id, nameKo, nameEn, keyRef, publicJwk, x5c }: Verifier): VerifierKey {
  return {
    id,
    name: { ko: nameKo, en: nameEn },
    keyRef,
    publicJwk: publicJwk as PublicJwk,
    x5c,
    x509Hash: x509HashOf(x5c[0] ?? ''),
  }
}
