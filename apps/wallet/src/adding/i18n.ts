import { createI18n } from '@pass/ui'
import { addingEn } from '../text/adding.en.ts'
import { addingKo } from '../text/adding.ko.ts'

/** The words of adding a card; apart from the others, so that they come with these screens and not with the first. */
export const { useI18n: useWords } = createI18n({ ko: addingKo, en: addingEn })
