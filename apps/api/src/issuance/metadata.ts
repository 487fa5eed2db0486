import type { CredentialType, Localized } from '@pass/credentials'
import type { City } from '../city.ts'
import type { AgencyRow } from './agency-desk.ts'
import { BATCH_SIZE } from './key-proof.ts'

export const PRE_AUTHORIZED = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'

const LOCALES: readonly { locale: string; language: keyof Localized }[] = [
  { locale: 'ko-KR', language: 'ko' },
  { locale: 'en', language: 'en' },
]

/** Credential issuer metadata (OpenID4VCI 1.0 section 12.2.4). */
export function issuerMetadata(
  issuer: string,
  agency: AgencyRow,
  city: City,
  vctOf: (typeId: string) => string,
) {
  const types = agency.types.flatMap((id) => city.types.get(id) ?? [])
  const name = { ko: agency.nameKo, en: agency.nameEn }
  return {
    credential_issuer: issuer,
    credential_endpoint: `${issuer}/credential`,
    nonce_endpoint: `${issuer}/nonce`,
    batch_credential_issuance: { batch_size: BATCH_SIZE },
    display: LOCALES.map(({ locale, language }) => ({ name: name[language], locale })),
    credential_configurations_supported: Object.fromEntries(
      types.map((type) => [type.id, configurationOf(type, vctOf(type.id))]),
    ),
  }
}

/** One configuration; its id is the type's id (section 12.2.4 and appendix A.3). */
function configurationOf(type: CredentialType, vct: string) {
  const { name, description, card, claims } = type
  return {
    format: 'dc+sd-jwt',
    vct,
    cryptographic_binding_methods_supported: ['jwk'],
    credential_signing_alg_values_supported: ['ES256'],
    proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['ES256'] } },
    credential_metadata: {
      display: LOCALES.map(({ locale, language }) => ({
        name: name[language],
        locale,
        description: description[language],
        background_color: card.background,
        text_color: card.text,
      })),
      claims: claims.map(({ path, name }) => ({
        path,
        display: LOCALES.map(({ locale, language }) => ({ name: name[language], locale })),
      })),
    },
  }
}

/** Authorization server metadata (RFC 8414): each issuer is its own. */
export function authorizationServerMetadata(issuer: string) {
  return {
    issuer,
    token_endpoint: `${issuer}/token`,
    grant_types_supported: [PRE_AUTHORIZED],
    // Required by RFC 8414; there is no authorization endpoint, so none.
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['none'],
    dpop_signing_alg_values_supported: ['ES256'],
    'pre-authorized_grant_anonymous_access_supported': true,
  }
}
