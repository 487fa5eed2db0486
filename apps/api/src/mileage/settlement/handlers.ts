import type { EventHandler, RelayLog } from '@pass/relay'

/** Handlers by the name of the event. */
export type Handlers = Record<string, EventHandler>
/** The chain knows something that the database does not, as one that was restored: the balance counts all the same. */
export type Unknown = (what: string, detail: Record<string, unknown>) => void

export function unknownTo(log: RelayLog): Unknown {
  return (what, detail) =>
    log.warn({ what, ...detail }, 'mileage: the chain knows what the database does not')
}
