import { z } from 'zod'

/** A text in both languages of the city; Korean is written first. */
export type Localized = { ko: string; en: string }

export const localizedSchema: z.ZodType<Localized> = z.strictObject({
  ko: z.string().trim().min(1, 'a Korean text is missing'),
  en: z.string().trim().min(1, 'an English text is missing'),
})
