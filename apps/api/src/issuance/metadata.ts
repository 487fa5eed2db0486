import type { CredentialType, Localized } from '@pass/credentials'
import type { City } from '../city.ts'
import { RESPONSE_ENCRYPTIONS } from '../jose/jwe.ts'
import type { AgencyRow } from './agency-desk.ts'
import { BATCH_SIZE, PROOF_TYPES } from './key-proof.ts'
import type { RequestJwk } from './request-keys.ts'

export const PRE_AUTHORIZED = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'

const LOCALES: readonly { locale: string; language: keyof Localized }[] = [
  { locale: 'ko-KR', language: 'ko' },
  { locale: 'en', language: 'en' },
]

/** OAuth scope of a type at an agency: unique over the city, whose authorization server is one. */
export const scopeOf = ({ agencyId, typeId }: { agencyId: string; typeId: string }) => `${agencyId}:${typeId}`

type MetadataParts = {
  issuer: string
  agency: AgencyRow
  city: City
  publicUrl: string
  vctOf: (typeId: string) => string
  /** To encrypt requests to. */
  requestKey: RequestJwk
}

/** Credential issuer metadata (OpenID4VCI 1.0 section 12.2.4, HAIP 1.0 section 4.1). */
export function issuerMetadata({ issuer, agency, city, publicUrl, vctOf, requestKey }: MetadataParts) {
  const types = agency.types.flatMap((id) => city.types.get(id) ?? [])
  const name = { ko: agency.nameKo, en: agency.nameEn }
  return {
    credential_issuer: issuer,
    authorization_servers: [`${publicUrl}/oauth`],
    credential_endpoint: `${issuer}/credential`,
    nonce_endpoint: `${issuer}/nonce`,
    deferred_credential_endpoint: `${issuer}/deferred-credential`,
    notification_endpoint: `${issuer}/notification`,
    credential_request_encryption: {
      jwks: { keys: [requestKey] },
      enc_values_supported: RESPONSE_ENCRYPTIONS,
      encryption_required: false,
    },
    credential_response_encryption: {
      alg_values_supported: ['ECDH-ES'],
      enc_values_supported: RESPONSE_ENCRYPTIONS,
      encryption_required: false,
    },
    batch_credential_issuance: { batch_size: BATCH_SIZE },
    display: LOCALES.map(({ locale, language }) => ({ name: name[language], locale })),
    credential_configurations_supported: Object.fromEntries(
      types.map((type) => [
        type.id,
        configurationOf(type, vctOf(type.id), scopeOf({ agencyId: agency.id, typeId: type.id })),
      ]),
    ),
  }
}

/** One configuration; its id is the type's id (section 12.2.4 and appendix A.3). */
function configurationOf(type: CredentialType, vct: string, scope: string) {
  const { name, description, card, claims } = type
  return {
    format: 'dc+sd-jwt',
    vct,
    scope,
    cryptographic_binding_methods_supported: ['jwk'],
    credential_signing_alg_values_supported: ['ES256'],
    proof_types_supported: Object.fromEntries(
      PROOF_TYPES.map((type) => [type, { proof_signing_alg_values_supported: ['ES256'] }]),
    ),
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
