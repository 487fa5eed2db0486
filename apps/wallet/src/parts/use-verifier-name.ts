import type { RequestPreview } from '@pass/holder'
import { useI18n } from '../i18n.ts'

/**
 * What to call a verifier. Certificates of the city carry its Korean name as the common name and its English one
 * as the organization; another authority's certificate may lack the latter.
 */
export function useVerifierName(): (verifier: RequestPreview['verifier']) => string {
  const { local } = useI18n()
  return ({ name, organization }) => local({ ko: name, en: organization || name })
}
