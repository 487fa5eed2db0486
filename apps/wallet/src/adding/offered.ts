import type { CardDisplay, Localized, PendingIssuance, StoredCredential } from '@pass/holder'

/** A card that the city gives to whoever signs in and is entitled to it. */
export type OfferedCard = {
  /** The credential issuer identifier of the office. */
  issuer: { id: string; name: Localized }
  /** The office's own name for the card in its metadata. */
  configurationId: string
  vct: string
  display: CardDisplay
  /** An officer looks at the application first. */
  approved: boolean
}

type Agency = { id: string; name: Localized; issuer: string; types: string[]; suspended: boolean }
type CredentialType = {
  id: string
  vct: string
  name: Localized
  description: Localized
  card: { background: string; text: string }
  signIn: boolean
  approval?: 'officer'
}

const PATIENCE_MS = 10_000

/** What can be had by signing in, office by office. @throws TypeError when the city does not answer */
export async function fetchOfferedCards(): Promise<OfferedCard[]> {
  const [agencies, types] = await Promise.all([
    read<Agency[]>('/api/agencies'),
    read<CredentialType[]>('/api/credential-types'),
  ])
  return offeredCards(agencies, types)
}

/** Offices that are suspended give nothing; nor does signing in give what follows from more than the register. */
export function offeredCards(agencies: Agency[], types: CredentialType[]): OfferedCard[] {
  return agencies
    .filter(({ suspended }) => !suspended)
    .flatMap(({ issuer, name, types: offered }) =>
      types
        .filter(({ id, signIn }) => signIn && offered.includes(id))
        .map((type) => ({
          issuer: { id: issuer, name },
          configurationId: type.id,
          vct: type.vct,
          display: { name: type.name, description: type.description, ...type.card },
          approved: type.approval === 'officer',
        })),
    )
}

/** Whether this device has the card, or waits for it. */
export type Standing = { at: 'new' } | { at: 'held'; credentialId: string } | { at: 'waiting' }

/** A card that has expired is not had any more: another one may be fetched. */
export function standingOf(
  card: Pick<OfferedCard, 'issuer' | 'configurationId' | 'vct'>,
  held: StoredCredential[],
  pending: PendingIssuance[],
  now: number,
): Standing {
  const mine = held.find(
    ({ issuer, vct, expiresAt }) =>
      issuer.id === card.issuer.id && vct === card.vct && (expiresAt === undefined || expiresAt > now),
  )
  if (mine) return { at: 'held', credentialId: mine.id }
  const applied = pending.some(
    ({ state, issuer, configurations }) =>
      state === 'waiting' &&
      issuer.id === card.issuer.id &&
      configurations.some(({ id }) => id === card.configurationId),
  )
  return applied ? { at: 'waiting' } : { at: 'new' }
}

/** The screen of one card; undefined for an office that is not of this city, whose cards are not listed here. */
export function pathOf(issuerId: string, configurationId: string): string | undefined {
  const office = issuerId.startsWith(ISSUERS) ? issuerId.slice(ISSUERS.length) : ''
  if (!PLAIN.test(office) || !PLAIN.test(configurationId)) return undefined
  return `/add/${office}/${configurationId}`
}

/** The issuer that such a screen is about. */
export function issuerOf(office: string): string {
  return `${ISSUERS}${office}`
}

const ISSUERS = `${globalThis.location?.origin ?? ''}/issuers/`
const PLAIN = /^[a-z0-9-]+$/

async function read<T>(path: string): Promise<T> {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!response.ok) throw new TypeError(`${path} answered ${response.status}`)
  return (await response.json()) as T
}
