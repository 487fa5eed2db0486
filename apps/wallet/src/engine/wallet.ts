import type { Choice, Holder, OfferPreview, Polled, PresentOptions, RequestPreview } from '@pass/holder'
import type { Language } from '@pass/ui'
import { exclusive, openDevice } from '../device/device.ts'
import { isConfirmed } from './confirmed-issuer.ts'
import { earlierSignIns } from './earlier-sign-ins.ts'

type Engine = typeof import('./engine.ts')
let loading: Promise<{ engine: Engine; holder: Holder }> | undefined

function load() {
  loading ??= import('./engine.ts').then(async (engine) => ({ engine, holder: await engine.createEngine() }))
  loading.catch(() => {
    loading = undefined
  })
  return loading
}

/** Where the sign-in comes back to. */
const RETURN = '/wallet/receive/return'

/** The background work under way, to be called off when the person wants something. */
let background: AbortController | undefined

/** For what the person waits for: calls off background work, then runs alone over all tabs. */
async function foreground<T>(work: (holder: Holder) => Promise<T>): Promise<T> {
  const { holder } = await load()
  background?.abort()
  return exclusive.run(() => work(holder))
}

/** What screens do with the engine. Failures are `HolderError`s; see `failure.ts`. */
export const wallet = {
  /** The offer, and whether the city stands behind who offers. */
  readOffer: async (text: string) => {
    const offer = await (await load()).holder.readOffer(text)
    return { offer, confirmed: await isConfirmed(offer) }
  },
  receive: (offer: OfferPreview, txCode?: string) =>
    foreground((holder) => holder.receive(offer, txCode === undefined ? {} : { txCode })),
  /** A card of an office, as if it had offered it; without `types` when it has no such card. */
  readCard: async (issuerId: string, configurationId: string) => {
    const { holder } = await load()
    const all = await holder.readIssuer(issuerId)
    const offer = { ...all, types: all.types.filter((type) => type.configurationId === configurationId) }
    return { offer, confirmed: await isConfirmed(offer) }
  },
  /** Gives the address to send this tab to; `RETURN` is where it comes back. The sign-in is in the same language. */
  beginSignIn: (offer: OfferPreview, language: Language) =>
    foreground(async (holder) => {
      const redirectUri = `${location.origin}${RETURN}`
      const { url, pendingId } = await holder.beginSignIn(offer, redirectUri, { uiLocales: language })
      for (const id of earlierSignIns(await holder.pending(), pendingId)) await holder.abandon(id)
      return url
    }),
  completeSignIn: (returnUrl: string) => foreground((holder) => holder.completeSignIn(returnUrl)),
  resume: (id: string) => foreground((holder) => holder.resume(id)),
  abandon: (id: string) => foreground((holder) => holder.abandon(id)),
  remove: (id: string) => foreground((holder) => holder.remove(id)),
  readRequest: async (text: string, sameDevice: boolean) =>
    (await load()).holder.readRequest(text, { sameDevice }),
  present: (request: RequestPreview, choice: Choice, options: PresentOptions) =>
    foreground((holder) => holder.present(request, choice, options)),
  decline: async (request: RequestPreview) => (await load()).holder.decline(request),
  /** Starts loading the engine, for a screen that will need it in a moment. */
  prepare: () => void load().catch(() => undefined),
}

/** Does something that nobody waits for, unless something else is under way; gives what came of it, if it ran. */
async function inBackground<T>(work: (holder: Holder) => Promise<T>): Promise<T | undefined> {
  const { engine } = await load()
  let result: T | undefined
  await exclusive.runIfFree(async () => {
    background = new AbortController()
    result = await work(await engine.createEngine(background.signal))
  })
  return result
}

/** Fetches the receipts that are still missing; gives whether any card still waits for one. */
export async function fetchReceipts(): Promise<boolean> {
  const waiting = async () => {
    const { store } = await openDevice()
    return (await store.list('credential')).some(({ copies }) => copies.some(({ receipt }) => !receipt))
  }
  if (!(await waiting())) return false
  await inBackground((holder) => holder.refreshReceipts(location.origin).catch(() => 0))
  return waiting()
}

/** Asks for cards that an office delivers later; `waiting` tells whether there is any more to ask for. */
export async function askForWaiting(): Promise<Pick<Polled, 'arrived' | 'refused'> & { waiting: boolean }> {
  const { store } = await openDevice()
  const waiting = async () => (await store.list('pending')).some(({ state }) => state === 'waiting')
  if (!(await waiting())) return { arrived: [], refused: [], waiting: false }
  const polled = await inBackground((holder) => holder.poll())
  return { arrived: polled?.arrived ?? [], refused: polled?.refused ?? [], waiting: await waiting() }
}

/** With so few copies left that were never shown, an office is asked for more. */
const FEW_COPIES = 4

/** Fetches fresh copies where they run out; gives whether any card still needs some. */
export async function fetchCopies(): Promise<boolean> {
  const needed = async () => {
    const { store } = await openDevice()
    return (await store.list('credential')).some(
      ({ renewal, copies }) =>
        renewal?.refreshToken !== undefined && copies.filter(({ used }) => used === 0).length < FEW_COPIES,
    )
  }
  if (!(await needed())) return false
  await inBackground((holder) => holder.refreshCopies())
  return needed()
}

/** The city records what it issued within some seconds; a card shown before that is refused. */
const RECORDING_MS = 12_000
const ASK_AGAIN_MS = 1_000

/** Before the wallet is asked for a card by itself: waits a moment for cards that came just now to be recorded. */
export async function awaitReceipts(): Promise<void> {
  for (let waited = 0; waited < RECORDING_MS; waited += ASK_AGAIN_MS) {
    await fetchReceipts().catch(() => false)
    if (await canShowAll()) return
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
}

/** Whether each card has a copy that is recorded and was never shown; copies are recorded one after the other. */
async function canShowAll(): Promise<boolean> {
  const { store } = await openDevice()
  const cards = await store.list('credential')
  return cards.every(
    ({ copies }) =>
      copies.every(({ receipt }) => receipt) || copies.some(({ receipt, used }) => receipt && used === 0),
  )
}
