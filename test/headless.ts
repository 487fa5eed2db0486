import { createHolder, createMemoryKeys, createMemoryStore, type Holder } from '@pass/holder'
import { attestAt } from '../apps/api/src/testing/attest.ts'
import type { TestCity } from './city.ts'

/** A wallet without a screen, which trusts what the city publishes. */
export function openHeadlessHolder(city: Pick<TestCity, 'url'>, request: typeof fetch = fetch): Holder {
  const keys = createMemoryKeys()
  return createHolder({
    keys,
    store: createMemoryStore(),
    attest: attestAt(city.url, keys),
    fetch: request,
    clock: () => new Date(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    trust: async () => (await fetch(`${city.url}/api/trust`)).json(),
    allowInsecure: true,
  })
}

export type Offer = { id: string; offerUri: string; walletLink: string; txCode: string }

/** An offer of the sample credential to the sample citizen. */
export async function offerSample(city: TestCity): Promise<Offer> {
  const { status, body } = await city.call('officer', '/api/offers', city.credentials.sample)
  if (status !== 201) throw new Error(`no offer: ${status} ${JSON.stringify(body)}`)
  return body
}

/** Asks for receipts until each copy has one. */
export async function untilAnchored(city: TestCity, holder: Holder): Promise<void> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    await holder.refreshReceipts(city.url)
    const cards = await holder.list()
    if (cards.every(({ copies }) => copies.every(({ receipt }) => receipt !== undefined))) return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('the copies were not anchored within a minute')
}

/** Whatever the verifier of the city says of a presentation by this holder. */
export async function presentTo(city: TestCity, holder: Holder, ask: Record<string, unknown>) {
  const { body: verification } = await city.call('verifier', '/api/verifications', ask)
  const request = await holder.readRequest(verification.requestUri)
  const outcome = request.satisfiable ? await holder.present(request) : undefined
  const { body: result } = await city.call('verifier', `/api/verifications/${verification.id}`)
  return { request, outcome, result }
}
