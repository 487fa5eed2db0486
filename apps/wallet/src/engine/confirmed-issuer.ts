import type { OfferPreview } from '@pass/holder'

/**
 * Whether the city stands behind an issuer: a certificate of the city signed its metadata, or the city lists it
 * among its agencies. The list comes from this wallet's own origin; the whole of it, so that the city does not
 * learn which one was meant.
 */
export async function isConfirmed({ issuer }: OfferPreview): Promise<boolean> {
  if (issuer.certifiedName !== undefined) return true
  try {
    const response = await fetch('/api/agencies', { signal: AbortSignal.timeout(10_000) })
    if (!response.ok) return false
    const agencies = (await response.json()) as { issuer: string; suspended: boolean }[]
    return agencies.some((agency) => agency.issuer === issuer.id && !agency.suspended)
  } catch {
    return false
  }
}
