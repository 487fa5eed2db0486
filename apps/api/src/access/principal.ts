/** What a member of staff or an API key may do. */
export const ROLES = ['officer', 'verifier', 'operator', 'organiser', 'merchant', 'programme'] as const
export type Role = (typeof ROLES)[number]

/** What each belongs to, and the only one that they may act for; an operator acts for the city itself. */
export type Place = {
  /** Set for officers. */
  agencyId: string | null
  /** Set for verifiers. */
  verifierId: string | null
  /** Set for organisers of volunteering. */
  organisationId: string | null
  /** Set for a merchant's staff. */
  payeeId: number | null
  /** Set for the owners of a programme that gives points. */
  programmeId: number | null
}

/** Fills in what is not there. */
export function placeOf({
  agencyId = null,
  verifierId = null,
  organisationId = null,
  payeeId = null,
  programmeId = null,
}: { [Key in keyof Place]?: Place[Key] | undefined }): Place {
  return { agencyId, verifierId, organisationId, payeeId, programmeId }
}

export const samePlace = (a: Place, b: Place): boolean =>
  Object.entries(a).every(([key, value]) => value === b[key as keyof Place])

/** Who is asking, once proven. */
export type Principal = Place & {
  /** "staff:<id>" or "key:<id>": what the audit log records. */
  actor: string
  name: string
  role: Role
}

/** A citizen's wallet that has proven its key (RFC 9449). */
export type WalletPrincipal = {
  accountId: string
  subjectId: string
  /** What the chain knows the key by, 0x lower-case hex. */
  address: string
  jkt: string
}
