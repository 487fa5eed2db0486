import { createI18n } from './i18n.ts'

/** The few words that the components themselves say. */
const ko = {
  skip: '본문으로 바로가기',
  close: '닫기',
  menu: '주 메뉴',
  required: '필수',
  otherLanguage: 'English',
}

const en: typeof ko = {
  skip: 'Skip to the content',
  close: 'Close',
  menu: 'Main menu',
  required: 'required',
  otherLanguage: '한국어',
}

export const { useI18n: useWords } = createI18n({ ko, en })
