import { createI18n } from '@pass/ui'
import { en } from './text/en.ts'
import { ko } from './text/ko.ts'

export const { useI18n } = createI18n({ ko, en })
