import type { Choice, Holder, OfferPreview, PresentOptions, RequestPreview } from '@pass/holder'
import { exclusive, openDevice } from '../device/device.ts'
import { isConfirmed } from './confirmed-issuer.ts'

type Engine = typeof import('./engine.ts')
let loading: Promise<{ engine: Engine; holder: Holder }> | undefined

function load() {
  loading ??= import('./engine.ts').then(async (engine) => ({ engine, holder: await engine.createEngine() }))
  loading.catch(() => {
    loading = undefined
  })
  return loading
}

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
  resume: (id: string) => foreground((holder) => holder.resume(id)),
  abandon: (id: string) => foreground((holder) => holder.abandon(id)),
  remove: (id: string) => foreground((holder) => holder.remove(id)),
  readRequest: async (text: string) => (await load()).holder.readRequest(text),
  present: (request: RequestPreview, choice: Choice, options: PresentOptions) =>
    foreground((holder) => holder.present(request, choice, options)),
  decline: async (request: RequestPreview) => (await load()).holder.decline(request),
  /** Starts loading the engine, for a screen that will need it in a moment. */
  prepare: () => void load().catch(() => undefined),
}

/** Fetches the receipts that are still missing; gives whether any card still waits for one. */
export async function fetchReceipts(): Promise<boolean> {
  const waiting = async () => {
    const { store } = await openDevice()
    return (await store.list('credential')).some(({ copies }) => copies.some(({ receipt }) => !receipt))
  }
  if (!(await waiting())) return false
  const { engine } = await load()
  await exclusive.runIfFree(async () => {
    background = new AbortController()
    const holder = await engine.createEngine(background.signal)
    await holder.refreshReceipts(location.origin).catch(() => 0)
  })
  return waiting()
}

/** The city records what it issued within some seconds; a card shown before that is refused. */
const RECORDING_MS = 12_000
const ASK_AGAIN_MS = 1_000

/** Before the wallet is asked for a card by itself: waits a moment for cards that came just now to be recorded. */
export async function awaitReceipts(): Promise<void> {
  for (let waited = 0; waited < RECORDING_MS; waited += ASK_AGAIN_MS) {
    if (!(await fetchReceipts().catch(() => false))) return
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
}
