const SEOUL_OFFSET_MS = 9 * 60 * 60 * 1000

/** Today in Korea, YYYY-MM-DD. */
export const today = (): string => dateOf(Date.now())

/** The calendar date in Korea of a time in milliseconds, YYYY-MM-DD. */
export const dateOf = (at: number): string => new Date(at + SEOUL_OFFSET_MS).toISOString().slice(0, 10)

/** The time in Korea of a time in milliseconds, HH:MM. */
export const timeOf = (at: number): string => new Date(at + SEOUL_OFFSET_MS).toISOString().slice(11, 16)

/** Date and time in Korea as a timestamp of the API. */
export const timestampOf = (date: string, time: string): string =>
  new Date(`${date}T${time}:00+09:00`).toISOString()
