/** `unknown`: the city has no such number; `unasked`: there was no network to ask by. */
export type Standing = 'checking' | 'good' | 'changed' | 'unknown' | 'unasked'

const PATIENCE_MS = 8_000

/**
 * Whether the hours of a certificate still stand on the city's record as it says. The number and the minutes are all
 * that is told: whose they are, the city need not hear.
 *
 * @throws Error without an answer
 */
export async function fetchStanding(certificateNo: string, minutes: number): Promise<Standing> {
  const response = await fetch(`/api/certificates/${encodeURIComponent(certificateNo)}?minutes=${minutes}`, {
    signal: AbortSignal.timeout(PATIENCE_MS),
    cache: 'no-store',
  })
  if (!response.ok) throw new Error(`the city answered ${response.status}`)
  return ((await response.json()) as { state: Standing }).state
}
