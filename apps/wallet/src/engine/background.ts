import { noteArrivals, noteRefusals } from '../account/arrivals.ts'
import { startLoop } from './loop.ts'
import { askForWaiting, fetchCopies, fetchReceipts } from './wallet.ts'

/** What the wallet does by itself for its cards. Gives how to stop it. */
export function startBackground(): () => void {
  const stops = [
    // The city records what it issued within some five seconds: asking sooner is asking twice.
    startLoop({ round: fetchReceipts, soonestMs: 6_000, latestMs: 120_000 }),
    // The office says how often it may be asked; the engine asks no sooner, however often it is told to.
    startLoop({ round: lookForWaiting, soonestMs: 4_000, latestMs: 60_000 }),
    // After a moment: a card that was just shown may be needed again at once, and copies can wait.
    startLoop({ round: fetchCopies, soonestMs: 8_000, latestMs: 600_000 }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

async function lookForWaiting(): Promise<boolean> {
  const { arrived, refused, waiting } = await askForWaiting()
  noteArrivals(arrived.map(({ id, display }) => ({ id, name: display.name })))
  noteRefusals(refused)
  return waiting
}
