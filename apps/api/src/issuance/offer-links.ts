import { PRE_AUTHORIZED } from './metadata.ts'
import type { CredentialOffer } from './schema.ts'

/** How an offer is redeemed; `sign-in` offers are never sent, the citizen began them. */
export type OfferGrant = 'pre-authorized_code' | 'authorization_code' | 'sign-in'

export const TX_CODE_LENGTH = 6
const TX_CODE = {
  input_mode: 'numeric',
  length: TX_CODE_LENGTH,
  description: '담당자가 알려 준 여섯 자리 숫자를 입력해 주세요.',
}

type OfferParts = {
  issuer: string
  typeId: string
  grant: Exclude<OfferGrant, 'sign-in'>
  /** The pre-authorized code, or the `issuer_state`. */
  code: string
  /** Whether the person was given a transaction code. */
  txCode: boolean
}

/** A credential offer (OpenID4VCI 1.0 section 4.1.1). */
export function credentialOffer({ issuer, typeId, grant, code, txCode }: OfferParts): CredentialOffer {
  return {
    credential_issuer: issuer,
    credential_configuration_ids: [typeId],
    grants:
      grant === 'authorization_code'
        ? { authorization_code: { issuer_state: code } }
        : { [PRE_AUTHORIZED]: { 'pre-authorized_code': code, ...(txCode ? { tx_code: TX_CODE } : {}) } },
  }
}

const SCHEME = 'openid-credential-offer://'
/** What a wallet of the High Assurance profile listens to (HAIP 1.0 section 4.2). */
const HAIP_SCHEME = 'haip-vci://'

export function linkByValue(offer: CredentialOffer): string {
  return `${SCHEME}?credential_offer=${encodeURIComponent(JSON.stringify(offer))}`
}

/** @param url where the wallet fetches the offer (section 4.1.3) */
export function linksByReference(url: string, publicUrl: string) {
  const reference = `credential_offer_uri=${encodeURIComponent(url)}`
  return {
    offerUri: `${SCHEME}?${reference}`,
    haipOfferUri: `${HAIP_SCHEME}?${reference}`,
    // After the # : a browser does not send it, so no log on the way holds it.
    walletLink: `${publicUrl}/wallet/receive#${reference}`,
  }
}
