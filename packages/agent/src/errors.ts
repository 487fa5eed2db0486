export type AgentErrorCode =
  | 'master_key_invalid'
  | 'master_key_exposed'
  | 'master_key_wrong'
  | 'cannot_open'
  | 'unknown_key'
  | 'unsupported_key'
  | 'unknown_agency'
  | 'unknown_verifier'
  | 'key_not_published'
  | 'chain_refused'
  | 'invalid_credential'
  | 'reserved_name'

/** What can go wrong in this package. The message is for the log and names no secret. */
export class AgentError extends Error {
  override readonly name = 'AgentError'
  readonly code: AgentErrorCode

  constructor(code: AgentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
