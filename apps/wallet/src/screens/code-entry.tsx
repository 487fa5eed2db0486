import type { OfferPreview } from '@pass/holder'
import { Button, Page, TextField } from '@pass/ui'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { Failure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'

type Props = {
  txCode: NonNullable<OfferPreview['txCode']>
  /** The failure of the number entered before. */
  wrong: Failure | undefined
  onEnter: (code: string) => void
  onStop: () => void
}

/** The number that the issuing office gave by another way than the QR code. */
export function CodeEntry({ txCode, wrong, onEnter, onStop }: Props) {
  const { t, language } = useI18n()
  const { length, description } = txCode
  // The office says more exactly where the number came from; but it says it in one language.
  const fits = description !== undefined && /[가-힣]/.test(description) === (language === 'ko')
  const lead = fits ? description : t.receive.codeLead
  const digits = txCode.inputMode === 'numeric'
  const [code, setCode] = useState('')
  const [error, setError] = useState(wrong && wrongWords(t, wrong))
  const input = useRef<HTMLInputElement>(null)
  // After a wrong number, straight back to the field: the error is read out with it.
  useEffect(() => {
    if (wrong) input.current?.focus()
  }, [wrong])

  // Pasted codes come with spaces and dashes; a full-width keyboard gives full-width digits.
  function change(text: string) {
    const clean = text.normalize('NFKC').replace(digits ? /\D/g : /\s/g, '')
    setCode(length === undefined ? clean : clean.slice(0, length))
    setError(undefined)
  }

  function submit(event: FormEvent) {
    event.preventDefault()
    const incomplete = length !== undefined ? code.length < length : code === ''
    if (!incomplete) return onEnter(code)
    setError(length === undefined ? t.receive.codeEmpty : t.receive.codeShort(length))
    input.current?.focus()
  }

  return (
    <Page title={t.receive.code} lead={lead} narrow appName={t.app.name}>
      <form className="ui-stack" onSubmit={submit} noValidate>
        <div className="code-entry">
          <TextField
            ref={input}
            label={t.receive.codeLabel(length)}
            error={error}
            value={code}
            onChange={change}
            inputMode={digits ? 'numeric' : 'text'}
            autoComplete="one-time-code"
            autoCapitalize="off"
            spellCheck={false}
          />
        </div>
        <Button type="submit" wide>
          {t.receive.accept}
        </Button>
        <Button variant="secondary" wide onClick={onStop}>
          {t.receive.stop}
        </Button>
      </form>
    </Page>
  )
}

function wrongWords(t: ReturnType<typeof useI18n>['t'], { code, attemptsLeft }: Failure): string {
  const { title, next } = t.failure.codes[code]
  return attemptsLeft === undefined
    ? `${title} ${next}`
    : `${title} ${next} ${t.receive.codeLeft(attemptsLeft)}`
}
