import { readFileSync } from 'node:fs'
import { createCertificateVerifier } from '../certificates/verify-certificate-chain.ts'
import { type IssueSdJwtVcOptions, issueSdJwtVc } from '../sd-jwt-vc/issue.ts'
import { claimsFor } from '../types/claims-for.ts'
import { type CredentialType, parseCredentialType } from '../types/credential-type.ts'
import { createCertificate, createKey, type TestKey } from './certificates.ts'

const CITY = new URL('../../../../city/', import.meta.url)

export const readCityFile = (path: string): unknown => JSON.parse(readFileSync(new URL(path, CITY), 'utf8'))

export const cityType = (id: string): CredentialType =>
  parseCredentialType(readCityFile(`credential-types/${id}.json`), `${id}.json`)

export const PUBLIC_URL = 'https://pass.example'
export const ISSUER = `${PUBLIC_URL}/issuers/residents`
export const vctOf = (typeId: string): string => `${PUBLIC_URL}/credential-types/${typeId}`

/** 21 November 2026, 12:00 in Seoul. */
export const NOW = Date.parse('2026-11-21T03:00:00Z') / 1000
export const TODAY = '2026-11-21'

export const RECORD = {
  nameKo: '김하늘',
  nameEn: 'KIM HANEUL',
  birthDate: '2000-02-29',
  districtCode: '28185',
  districtName: '연수구',
  neighbourhoodCode: '2818510700',
  neighbourhoodName: '송도1동',
  residentSince: '2019-03-02',
  attributes: { children: 3, veteran: { number: '28-000001', category: '국가유공자' } },
}

/** A city with its root, the certificate of one agency, and a holder. */
export async function createTestCity() {
  const root = await createCertificate({ key: await createKey(), commonName: 'Root', ca: true })
  const agency = await createCertificate({
    key: await createKey(),
    commonName: 'Residents',
    issuer: root,
    sanUri: ISSUER,
  })
  const holder = await createKey()
  const certificates = createCertificateVerifier({ trustedRoots: [root.base64] })
  const issue = (overrides: Partial<IssueSdJwtVcOptions> = {}) =>
    issueSdJwtVc({
      ...claimsFor(cityType('resident'), RECORD, TODAY),
      vct: vctOf('resident'),
      issuer: ISSUER,
      kid: 'did:ethr:0x205a:0x01#key-1',
      x5c: [agency.base64],
      cnfJwk: holder.publicJwk,
      status: { idx: 7, uri: `${PUBLIC_URL}/status-lists/1` },
      iat: NOW - 3600,
      exp: NOW + 86_400,
      sign: agency.key.sign,
      randomBytes,
      ...overrides,
    })
  return { root, agency, holder, certificates, issue }
}

export type TestCity = Awaited<ReturnType<typeof createTestCity>>

export const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length))

export type { TestKey }
