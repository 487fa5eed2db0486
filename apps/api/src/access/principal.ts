/** What a member of staff or an API key may do. Each belongs to one agency, one verifier, or the city itself. */
export type Role = 'officer' | 'verifier' | 'operator'

/** Who is asking, once proven. */
export type Principal = {
  /** "staff:<id>" or "key:<id>": what the audit log records. */
  actor: string
  name: string
  role: Role
  /** Set for officers: the only agency they may act for. */
  agencyId: string | null
  /** Set for verifiers: the only organisation whose verifications they may see. */
  verifierId: string | null
}
