import { changes } from '../device/device.ts'
import { toFailure } from '../engine/failure.ts'
import { wallet } from '../engine/wallet.ts'
import { readAccount } from './account.ts'
import { noteArrivals } from './arrivals.ts'
import { openAccount } from './device-ports.ts'
import { walletFetch } from './wallet-fetch.ts'

type OfferAnswer = { id: string; offerUri: string }

/** What was refused once is left for the next time the wallet is opened: it would only fail, and be noted, again. */
const failed = new Set<string>()

/** Receives what agencies have laid out for this citizen: it was theirs already, so nobody is asked. */
export async function receiveInbox(): Promise<void> {
  const ports = await openAccount()
  const account = await readAccount(ports)
  if (account?.status !== 'open') return
  const inbox = await walletFetch<{ items: OfferAnswer[] }>(ports, '/api/wallet/offers', { key: account.key })
  for (const { id, offerUri } of inbox.items) {
    if (failed.has(id)) continue
    try {
      const { offer, confirmed } = await wallet.readOffer(offerUri)
      // The list is the city's own; an agency that it does not stand behind has no business in it.
      if (!confirmed || offer.txCode || offer.signIn) throw new TypeError(`${id} is not an offer of the city`)
      const { credentials } = await wallet.receive(offer)
      noteArrivals(credentials.map((card) => ({ id: card.id, name: card.display.name })))
      changes.announce()
    } catch (error) {
      if (['network', 'offline', 'busy', 'server_error'].includes(toFailure(error).code)) return
      failed.add(id)
    }
  }
}
