import { Button } from './button.tsx'
import { useWords } from './words.ts'

/** Switches to the other language; its own name says which. */
export function LanguageSwitch() {
  const { t, language, setLanguage } = useWords()
  const other = language === 'ko' ? 'en' : 'ko'
  return (
    <Button variant="text" lang={other} onClick={() => setLanguage(other)}>
      {t.otherLanguage}
    </Button>
  )
}
