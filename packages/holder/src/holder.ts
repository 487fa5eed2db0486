import { asHolderError, HolderError } from './error.ts'
import { drop, listPending } from './pending.ts'
import { createReach } from './reach.ts'
import { remove } from './remove.ts'
import type {
  ActivityEntry,
  AttestPort,
  Choice,
  DcApiRequest,
  KeyPort,
  OfferPreview,
  PendingIssuance,
  Polled,
  PresentOptions,
  PresentOutcome,
  Received,
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
  /** What vouches for this wallet; without it only issuers that take any wallet can be used. */
  attest?: AttestPort
  /** How this wallet is known to issuers that ask for no attestation. */
  clientId?: string
  /** How verifiers may be identified (OpenID4VP 1.0 section 5.9); `x509_hash` alone unless told (HAIP 1.0 section 5). */
  allowPrefixes?: readonly ClientIdPrefix[]
}

export type ClientIdPrefix = 'x509_hash' | 'x509_san_dns'

/** The wallet's engine. Every failure is a `HolderError`. */
export type Holder = {
  /** Reads an offer from a QR code, a link or pasted text. Nothing leaves the device but requests for public data. */
  readOffer(text: string): Promise<OfferPreview>
  /** What an issuer offers to those who sign in, as if it had made an offer. */
  readIssuer(issuerId: string): Promise<OfferPreview>
  /** Receives what was offered. Safe to call again with the same preview after a failure. */
  receive(offer: OfferPreview, options?: { txCode?: string }): Promise<Received>
  /**
   * Prepares the sign-in with the issuer of exactly `offer.types`, and gives the address to send the browser to. What
   * the return needs is stored.
   *
   * @param options `uiLocales`: languages that the sign-in may speak, best first, separated by spaces (BCP 47)
   * @throws HolderError also `wallet_unattested`, `wallet_revoked`
   */
  beginSignIn(
    offer: OfferPreview,
    redirectUri: string,
    options?: { uiLocales?: string },
  ): Promise<{ url: string; pendingId: string }>
  /**
   * Takes the address that the browser came back to, and receives. Safe to call again after a failure or a reload.
   *
   * @throws HolderError one of the sign-in codes, or what `receive` throws
   */
  completeSignIn(returnUrl: string): Promise<Received>
  /** Asks for what is delivered later, where its time has come. A failure of one does not keep the others. */
  poll(): Promise<Polled>
  /**
   * Fetches fresh copies of credentials that have fewer than 4 unused ones, and deletes those that were shown.
   *
   * @returns of how many credentials copies came; an issuer that cannot be reached or says no is passed over
   */
  refreshCopies(): Promise<number>
  /** Issuances that are not finished, oldest first: see `PendingIssuance`. Those `begun` are left out. */
  pending(): Promise<PendingIssuance[]>
  /** Finishes one of them; needs no transaction code. @throws HolderError also `sign_in_required` */
  resume(pendingId: string): Promise<Received>
  /** Gives one of them up and deletes its keys. */
  abandon(pendingId: string): Promise<void>
  /** Newest first. */
  list(): Promise<StoredCredential[]>
  /** Deletes a credential and its keys, and tells its issuer if it wants to know (best effort). */
  remove(credentialId: string): Promise<void>
  /** Fetches receipts for the copies that have none from `{apiBase}/api/anchors/{hash}`; gives how many came. */
  refreshReceipts(apiBase: string): Promise<number>
  /**
   * Reads a presentation request from a QR code, a link or pasted text, and says what would be shown.
   *
   * @param options `sameDevice`: the request was opened on this device; only passed on to the preview
   */
  readRequest(text: string, options?: { sameDevice?: boolean }): Promise<RequestPreview>
  /** Reads a request that a web page made by the Digital Credentials API; `present` then gives back the response. */
  readDcApiRequest(request: DcApiRequest): Promise<RequestPreview>
  /**
   * Presents; without a choice, the preview's own. A verifier that says no is an outcome, not an error.
   * @throws HolderError also `asked_elsewhere`: only the wallet that asked may answer, and `proof` was not given
   */
  present(request: RequestPreview, choice?: Choice, options?: PresentOptions): Promise<PresentOutcome>
  /** Tells the verifier no (best effort) and notes it; gives where the verifier wants the browser to go next. */
  decline(request: RequestPreview): Promise<Pick<PresentOutcome, 'redirectUri'>>
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

  const finishOnce = (pending: PendingIssuance, work: () => Promise<Received>) =>
    once(`receive ${pending.issuer.id} ${pending.preAuthorizedCode ?? pending.id}`, work)

  return {
    readOffer: (text) =>
      guarded('offer_malformed', async () => (await import('./offer.ts')).readOffer(text, ports, reach)),

    readIssuer: (id) =>
      guarded('issuer_malformed', async () => (await import('./offer.ts')).readIssuerOffer(id, ports, reach)),

    receive: (offer, { txCode } = {}) =>
      guarded('issuer_malformed', () =>
        once(`receive ${offer.issuer.id} ${offer.preAuthorizedCode}`, async () =>
          (await import('./receive.ts')).receive(offer, txCode, ports, reach),
        ),
      ),

    beginSignIn: (offer, redirectUri, { uiLocales } = {}) =>
      guarded('issuer_malformed', () =>
        once(`sign in ${offer.issuer.id} ${offer.types.map((type) => type.configurationId)}`, async () =>
          (await import('./sign-in.ts')).beginSignIn(offer, { redirectUri, uiLocales }, ports, reach),
        ),
      ),

    completeSignIn: (returnUrl) =>
      guarded('issuer_malformed', async () => {
        const { completeSignIn, pendingOfReturn } = await import('./sign-in.ts')
        const pending = await pendingOfReturn(returnUrl, ports)
        return finishOnce(pending, () => completeSignIn(returnUrl, pending, ports, reach))
      }),

    poll: () =>
      guarded('storage', () => once('poll', async () => (await import('./deferred.ts')).poll(ports, reach))),

    refreshCopies: () =>
      guarded('storage', () =>
        once('refresh', async () => (await import('./refresh.ts')).refreshCopies(ports, reach)),
      ),

    pending: () => guarded('storage', () => listPending(ports)),

    resume: (id) =>
      guarded('issuer_malformed', async () => {
        const pending = await pendingOf(id)
        const { finish } = await import('./receive.ts')
        return finishOnce(pending, () => finish(pending, undefined, ports, reach))
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

    remove: (id) => guarded('storage', () => remove(id, ports, reach)),

    refreshReceipts: (apiBase) =>
      guarded('network', async () => (await import('./receipts.ts')).refreshReceipts(apiBase, ports, reach)),

    readRequest: (text, { sameDevice = false } = {}) =>
      guarded('request_malformed', async () =>
        (await import('./preview.ts')).readRequest(text, sameDevice, ports, reach),
      ),

    readDcApiRequest: (request) =>
      guarded('request_malformed', async () =>
        (await import('./preview.ts')).readDcApiRequest(request, ports),
      ),

    present: (request, choice = request.choice, options = {}) =>
      guarded('choice_invalid', () =>
        once(`present ${request.request.clientId} ${request.request.nonce}`, async () =>
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

async function guarded<T>(code: HolderError['code'], act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw asHolderError(error, code)
  }
}
