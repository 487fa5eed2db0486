import type { PublicJwk } from '../crypto-port.ts'

/** What is read from a leaf certificate whose chain was verified. */
export type VerifiedCertificate = {
  publicJwk: PublicJwk
  subject: { commonName: string; organization?: string }
  /** URIs among the subject alternative names. */
  sanUris: string[]
  /** DNS names among the subject alternative names. */
  sanDns: string[]
  /** base64url of sha256 over the leaf's DER: the value of a client id with prefix `x509_hash`. */
  sha256: string
  /** Key identifiers of the authorities that the chain names, base64url: trusted authorities of type `aki`. */
  authorityKeyIds: string[]
  /** Seconds: the time for which every certificate of the chain is valid. */
  notBefore: number
  notAfter: number
}
