import { id } from 'ethers'
import type { Hex } from './manifest.ts'

/** The name under which IssuerRegistry knows a DID: keccak256 of its UTF-8 bytes. */
export const issuerId = (did: string): Hex => id(did) as Hex

/** The name under which IssuerRegistry knows a credential type: keccak256 of its identifier. */
export const typeHash = (type: string): Hex => id(type) as Hex

/** The name under which CredentialAnchor knows a status list: keccak256 of its identifier. */
export const statusListId = (listId: string): Hex => id(listId) as Hex
