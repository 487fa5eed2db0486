import { note } from './activity.ts'
import { asHolderError, HolderError } from './error.ts'
import { drop, listPending } from './pending.ts'
import { createReach } from './reach.ts'
import type {
  ActivityEntry,
  Choice,
  KeyPort,
  OfferPreview,
  PendingIssuance,
  PresentOptions,
  PresentOutcome,
  RequestPreview,
  StoredCredential,
  StorePort,
  Trust,
} from './types.ts'

export type HolderPorts = {
  keys: KeyPort
  store: StorePort
  fetch: typeof fetch
  clock: () => Date
  /** That many cryptographically random bytes. */
  random: (length: number) => Uint8Array
  /** Whom the city trusts. Asked for at each use, so that the host may cache. */
  trust: () => Promise<Trust>
  /** Allow http: addresses (a city on localhost). */
  allowInsecure?: boolean
}

/** The wallet's engine. Every failure is a `HolderError`. */
export type Holder = {
  /** Reads an offer from a QR code, a link or pasted text. Nothing leaves the device but requests for public data. */
  readOffer(text: string): Promise<OfferPreview>
  /** Receives what was offered. Safe to call again with the same preview after a failure. */
  receive(offer: OfferPreview, options?: { txCode?: string }): Promise<StoredCredential[]>
  /** Issuances that were authorized and not finished (the answer was lost, the page was closed), oldest first. */
  pending(): Promise<PendingIssuance[]>
  /** Finishes one of them; needs no transaction code. */
  resume(pendingId: string): Promise<StoredCredential[]>
  /** Gives one of them up and deletes its keys. */
  abandon(pendingId: string): Promise<void>
  /** Newest first. */
  list(): Promise<StoredCredential[]>
  /** Deletes a credential and its keys. */
  remove(credentialId: string): Promise<void>
  /** Fetches receipts for the copies that have none from `{apiBase}/api/anchors/{hash}`; gives how many came. */
  refreshReceipts(apiBase: string): Promise<number>
  /** Reads a presentation request from a QR code, a link or pasted text, and says what would be shown. */
  readRequest(text: string): Promise<RequestPreview>
  /**
   * Presents; without a choice, the preview's own. A verifier that says no is an outcome, not an error.
   * @throws HolderError also `asked_elsewhere`: only the wallet that asked may answer, and `proof` was not given
   */
  present(request: RequestPreview, choice?: Choice, options?: PresentOptions): Promise<PresentOutcome>
  /** Tells the verifier no (best effort) and notes it. */
  decline(request: RequestPreview): Promise<void>
  /** Newest first. */
  activity(): Promise<ActivityEntry[]>
}

/**
 * Makes a holder from its ports. The protocols are loaded when they are first used: a wallet that only shows its
 * cards, perhaps without a network, does not wait for them.
 */
export function createHolder(ports: HolderPorts): Holder {
  const reach = createReach(ports)
  // A second press on the same button joins the first instead of racing it.
  const underway = new Map<string, Promise<unknown>>()
  const once = <T>(key: string, start: () => Promise<T>): Promise<T> => {
    const running = underway.get(key) as Promise<T> | undefined
    if (running) return running
    const started = start().finally(() => underway.delete(key))
    underway.set(key, started)
    return started
  }
  const pendingOf = async (id: string) => {
    const pending = await ports.store.get('pending', id)
    if (!pending) throw new HolderError('not_found', `no pending issuance ${id}`)
    return pending
  }

  return {
    readOffer: (text) =>
      guarded('offer_malformed', async () => (await import('./offer.ts')).readOffer(text, ports, reach)),

    receive: (offer, { txCode } = {}) =>
      guarded('issuer_malformed', () =>
        once(`${offer.issuer.id} ${offer.preAuthorizedCode}`, async () =>
          (await import('./receive.ts')).receive(offer, txCode, ports, reach),
        ),
      ),

    pending: () => guarded('storage', () => listPending(ports)),

    resume: (id) =>
      guarded('issuer_malformed', async () => {
        const pending = await pendingOf(id)
        const { finish } = await import('./receive.ts')
        return once(`${pending.issuer.id} ${pending.preAuthorizedCode}`, () =>
          finish(pending, undefined, ports, reach),
        )
      }),

    abandon: (id) =>
      guarded('storage', async () => {
        const pending = await pendingOf(id)
        await drop(pending, ports)
      }),

    list: () =>
      guarded('storage', async () => {
        const all = await ports.store.list('credential')
        return all.sort((a, b) => b.receivedAt - a.receivedAt)
      }),

    remove: (id) => guarded('storage', () => remove(id, ports)),

    refreshReceipts: (apiBase) =>
      guarded('network', async () => (await import('./receipts.ts')).refreshReceipts(apiBase, ports, reach)),

    readRequest: (text) =>
      guarded('request_malformed', async () =>
        (await import('./preview.ts')).readRequest(text, ports, reach),
      ),

    present: (request, choice = request.choice, options = {}) =>
      guarded('choice_invalid', () =>
        once(`${request.request.clientId} ${request.request.nonce}`, async () =>
          (await import('./present.ts')).present(request, choice, options, ports, reach),
        ),
      ),

    decline: (request) =>
      guarded('storage', async () => (await import('./present.ts')).decline(request, ports, reach)),

    activity: () =>
      guarded('storage', async () => {
        const all = await ports.store.list('activity')
        return all.sort((a, b) => b.at - a.at)
      }),
  }
}

/** The credential first: keys without a credential are waste, a credential without its keys is a broken promise. */
async function remove(id: string, ports: HolderPorts): Promise<void> {
  const credential = await ports.store.get('credential', id)
  if (!credential) throw new HolderError('not_found', `no credential ${id}`)
  await ports.store.delete('credential', id)
  await Promise.all(credential.copies.map(({ keyId }) => ports.keys.remove(keyId)))
  await note(ports, {
    kind: 'deleted',
    party: credential.issuer,
    credentials: [{ name: credential.display.name, claims: [] }],
    shared: false,
  })
}

async function guarded<T>(code: HolderError['code'], act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw asHolderError(error, code)
  }
}
