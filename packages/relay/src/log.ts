/** The part of a pino logger that the relay uses. */
export type RelayLog = {
  info(detail: object, message: string): void
  warn(detail: object, message: string): void
  error(detail: object, message: string): void
}
