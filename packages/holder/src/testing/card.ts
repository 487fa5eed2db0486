import { randomBytes } from 'node:crypto'
import { issueSdJwtVc, type PublicJwk } from '@pass/credentials'
import type { Certified } from './authority.ts'

/** What one copy of the test card says besides its holder's data. */
export type CardTerms = {
  vct: string
  issuer: string
  /** Seconds that it lasts. */
  lifetime?: number | undefined
  /** End of its validity, seconds; goes before `lifetime`. */
  exp?: number | undefined
  name?: string | undefined
  /** Where its status stands. */
  status?: { uri: string; idx: number }
}

/** Issues one copy of the test card, as the city's issuers do. */
export async function issueCard(
  cnfJwk: PublicJwk,
  terms: CardTerms,
  { x5c, sign }: Certified,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const { credential } = await issueSdJwtVc({
    claims: {
      name_ko: terms.name ?? '김인천',
      birth_date: '1990-05-01',
      district_code: '28185',
      age_equal_or_over: { 19: true, 65: false },
    },
    disclosureFrame: {
      _sd: ['name_ko', 'birth_date', 'district_code'],
      age_equal_or_over: { _sd: ['19', '65'] },
    },
    vct: terms.vct,
    issuer: terms.issuer,
    kid: 'did:ethr:0x2042:0x01#delegate-1',
    x5c,
    cnfJwk,
    ...(terms.status ? { status: terms.status } : {}),
    // The day and not the second, as the city does: so that the copies of one day are alike.
    iat: now - (now % 86_400),
    exp: terms.exp ?? now + (terms.lifetime ?? 3600),
    sign,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  })
  return credential
}

/** What the type says of itself at its address. */
export const cardMetadata = (vct: string) => ({
  vct,
  display: [
    {
      locale: 'ko-KR',
      name: '인천 시민증',
      rendering: { simple: { background_color: '#0b3d91', text_color: 'url(x)' } },
    },
    { locale: 'en', name: 'Incheon Resident Card' },
  ],
  claims: [
    {
      path: ['name_ko'],
      display: [
        { locale: 'ko-KR', label: '이름' },
        { locale: 'en', label: 'Name' },
      ],
    },
    { path: ['age_equal_or_over', '19'], display: [{ locale: 'ko-KR', label: '19세 이상' }] },
    { path: ['age_equal_or_over', '65'], display: [{ locale: 'ko-KR', label: '65세 이상' }] },
  ],
})
