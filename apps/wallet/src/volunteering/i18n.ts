import { createI18n } from '@pass/ui'
import { volunteeringEn } from '../text/volunteering.en.ts'
import { volunteeringKo } from '../text/volunteering.ko.ts'

/** The words of volunteering; apart from the others, so that they come with these screens and not with the first. */
export const { useI18n: useWords } = createI18n({ ko: volunteeringKo, en: volunteeringEn })
