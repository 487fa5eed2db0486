import type { ActivityEntry, PendingIssuance, StoredCredential } from '@pass/holder'
import { useEffect, useState } from 'react'
import { changes, openDevice } from '../device/device.ts'

export type Stored<T> = { state: 'loading' } | { state: 'ready'; value: T } | { state: 'failed' }

/** Reads from this device, and again whenever this tab or another changed something. Needs no engine, no network. */
export function useStored<T>(read: () => Promise<T>): Stored<T> {
  const [stored, setStored] = useState<Stored<T>>({ state: 'loading' })
  useEffect(() => {
    let current = 0
    async function refresh() {
      const mine = ++current
      const next = await read().then(
        (value): Stored<T> => ({ state: 'ready', value }),
        (): Stored<T> => ({ state: 'failed' }),
      )
      // A slower, older answer must not overwrite a newer one; nor anything arrive after the screen is gone.
      if (mine === current) setStored(next)
    }
    void refresh()
    const stop = changes.listen(() => void refresh())
    return () => {
      current = -1
      stop()
    }
  }, [read])
  return stored
}

const readCards = async () => {
  const cards = await (await openDevice()).store.list('credential')
  return cards.sort((a, b) => b.receivedAt - a.receivedAt)
}
const readPending = async () => {
  const all = await (await openDevice()).store.list('pending')
  // Nothing was promised yet: such an offer is opened again from its code.
  return all.filter(({ state }) => state !== 'begun').sort((a, b) => a.startedAt - b.startedAt)
}
const readActivity = async () => {
  const entries = await (await openDevice()).store.list('activity')
  return entries.sort((a, b) => b.at - a.at)
}

/** Cards, newest first. */
export const useCards = (): Stored<StoredCredential[]> => useStored(readCards)
/** Issuances that were granted, applied for or signed in for, and not finished; oldest first. */
export const usePending = (): Stored<PendingIssuance[]> => useStored(readPending)
/** Newest first. */
export const useActivity = (): Stored<ActivityEntry[]> => useStored(readActivity)
