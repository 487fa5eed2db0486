import type { CityChain } from '@pass/chain'
import type { Database } from '@pass/database'
import type { ICredentialPlugin, IDIDManager, IKeyManager, IResolver, TAgent } from '@veramo/core-types'
import type { Provider, Signer } from 'ethers'

export type Hex = `0x${string}`
export type Localized = { ko: string; en: string }

/** Public half of a P-256 key (RFC 7517). */
export type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string }

/** ES256 over `data`: the raw 64-byte signature r || s (RFC 7518, section 3.4). */
export type Sign = (data: Uint8Array) => Promise<Uint8Array>

/** The city's own accounts on its chain. */
export type ChainAccount = 'deployer' | 'registrar' | 'anchorer' | 'settler' | 'treasurer' | 'approver'

/**
 * Everything that the master key protects. It needs no chain, so that the deployer's account exists before
 * the contracts do.
 */
export type Vault = {
  /** A signer for the key `keyRef` of the key management system. The key is decrypted once, at first use. */
  signer(keyRef: string): Sign
  /** An ethers signer over a Secp256k1 key of ours, made at first use. The private key never leaves the vault. */
  chainSigner(name: ChainAccount, provider?: Provider): Promise<Signer>
  /** Encrypts for a database column named sealed*. What was sealed for one purpose opens for no other. */
  seal(purpose: string, plaintext: Uint8Array): Uint8Array<ArrayBuffer>
  /** @throws AgentError `cannot_open` for another purpose, another master key, or altered bytes. */
  open(purpose: string, sealed: Uint8Array): Uint8Array<ArrayBuffer>
  /** HMAC-SHA256 of `data` in lower-case hex, under a key of this purpose alone. */
  mac(purpose: string, data: string): string
}

/** An agency's signing key with what a credential's header says of it. */
export type AgencyKey = {
  id: string
  agencyId: string
  keyRef: string
  /** DID URL for `kid`. */
  didUrl: string
  /** base64 DER, leaf first, without the root (HAIP 1.0). */
  x5c: string[]
  publicJwk: PublicJwk
  /** The name by which IssuerRegistry knows the key: its RFC 7638 thumbprint, 0x hex. */
  keyHash: Hex
  validFrom: Date
  validUntil: Date | null
}

/** An agency as the city's configuration describes it. `issuerUrl` is its credential issuer identifier. */
export type AgencyDefinition = { id: string; name: Localized; types: string[]; issuerUrl: string }

/** A verifier as the city's configuration describes it. `url` names it in its certificate. */
export type VerifierDefinition = { id: string; name: Localized; url: string }

export type VerifierKey = {
  id: string
  name: Localized
  keyRef: string
  publicJwk: PublicJwk
  /** base64 DER, leaf first, without the root. */
  x5c: string[]
  /** base64url SHA-256 of the leaf: what follows `x509_hash:` in the client id. */
  x509Hash: string
}

export type CertificateRequest = {
  publicJwk: PublicJwk
  commonName: string
  organization: string
  sanUri: string
  /** A host name that the subject also goes by: what `x509_san_dns` names (OpenID4VP 1.0 section 5.9.3). */
  sanDns?: string
  days: number
}

/** A key of the city's own, with the chain for `x5c`: base64 DER, leaf first, without the root. */
export type CertifiedKey = { keyRef: string; publicJwk: PublicJwk; x5c: string[] }

/** The city's certificate authority. */
export type Authority = {
  /** `iss` of its statements and the SAN URI of the certificate that signs them: the city's address. */
  identifier: string
  /** base64 DER of the self-signed root: the one trust anchor. */
  rootCertificate: string
  /** A leaf for digital signatures; answers the chain without the root. */
  issueCertificate(request: CertificateRequest): Promise<string[]>
  /** The key with which the authority signs statements, and the chain for their `x5c`. */
  signingKey(): Promise<CertifiedKey>
  /** Signs what the city registered for a verifier; the compact JWT for `verifier_info`. */
  signRegistration(statement: RegistrationStatement): Promise<string>
}

/** What a verifier may ask for, and why (OpenID4VP 1.0, section 5.11). Paths are DCQL claims paths. */
export type RegistrationStatement = {
  /** `x509_hash` value of the verifier's certificate. */
  verifier: string
  purpose: Localized
  credentials: { vct: string; claims: (string | number | null)[][] }[]
  /** Seconds for which the statement counts. */
  validSeconds: number
}

export type Agencies = {
  /**
   * Brings the agency to what the definition says: DID, published signing key, certificate, registration and
   * accreditation. Safe to repeat; each step that a crash or a chain restored from before lost is done again.
   */
  ensure(definition: AgencyDefinition): Promise<AgencyKey>
  /**
   * A new signing key. The old one ends: in a planned rotation after the overlap, so that what it signed a
   * moment ago is still anchored in time; at once when it leaked, and then it leaves the DID document too.
   */
  rotateKey(agencyId: string, options?: { leaked?: boolean; overlapSeconds?: number }): Promise<AgencyKey>
  /** The key to sign with now. Remembered for two seconds. @throws AgentError `unknown_agency` */
  activeKey(agencyId: string): Promise<AgencyKey>
  /** A key by its id, ended or not. */
  keyById(keyId: string): Promise<AgencyKey | undefined>
  /** Stops the agency on the chain and in the database; nothing that it issued after counts. */
  suspend(agencyId: string): Promise<void>
  reinstate(agencyId: string): Promise<void>
}

export type Verifiers = {
  ensure(definition: VerifierDefinition): Promise<VerifierKey>
  /** @throws AgentError `unknown_verifier` */
  get(verifierId: string): Promise<VerifierKey>
}

/** The city as the provider of its own wallet. */
export type WalletProviderKeys = {
  /** Its name in attestations (`iss`), and the SAN URI of the certificate. */
  identifier: string
  /** The key that attestations are signed with. */
  signingKey(): Promise<CertifiedKey>
}

export type VeramoAgent = TAgent<IKeyManager & IDIDManager & IResolver & ICredentialPlugin>

export type CityAgent = Vault & {
  veramo: VeramoAgent
  authority: Authority
  agencies: Agencies
  verifiers: Verifiers
  walletProvider: WalletProviderKeys
}

export type CityAgentOptions = {
  db: Database
  /** 32 bytes, see loadMasterKey. */
  masterKey: Uint8Array
  chain: CityChain
  /** The city in its certificates: its name, and the address that the authority's statements are signed as. */
  city: { name: Localized; url: string }
  clock?: () => Date
  /** Randomness for certificate serial numbers. Keys and nonces always come from the operating system. */
  random?: (length: number) => Uint8Array
}
