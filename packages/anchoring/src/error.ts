export type AnchoringErrorCode = 'malformed_hash' | 'empty_batch' | 'duplicate_hash'

/** A batch that cannot be built. `code` is stable; the sentence is for people. */
export class AnchoringError extends Error {
  override readonly name = 'AnchoringError'
  readonly code: AnchoringErrorCode

  constructor(code: AnchoringErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
