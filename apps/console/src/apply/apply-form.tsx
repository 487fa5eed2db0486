import { Button, Notice, Page, Select, TextField } from '@pass/ui'
import { type FormEvent, useState } from 'react'
import { Link } from 'wouter'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'

export type ApplyField = {
  key: string
  label: string
  hint?: string
  optional?: boolean
  /** Chosen from these instead of typed. */
  options?: { value: string; label: string }[]
  /** Whether what was typed can be right; a sentence when not. */
  check?: (value: string) => string | undefined
  type?: 'tel' | 'text'
}

export type ApplyFormProps = {
  title: string
  lead: string
  fields: ApplyField[]
  path: string
  bodyOf: (values: Record<string, string>) => unknown
  /** What loading the choices met. */
  error?: unknown
}

/** An application by somebody who has no account yet. */
export function ApplyForm({ title, lead, fields, path, bodyOf, error: loading }: ApplyFormProps) {
  const { t } = useI18n()
  const [values, setValues] = useState<Record<string, string>>({})
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const [done, setDone] = useState(false)

  const faultOf = ({ key, optional, check }: ApplyField) => {
    const value = (values[key] ?? '').trim()
    if (value === '') return optional ? undefined : t.apply.missing
    return check?.(value)
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (fields.some(faultOf) || busy) return
    setBusy(true)
    setError(undefined)
    try {
      const trimmed = Object.entries(values).map(([key, value]) => [key, value.trim()])
      await call('POST', path, bodyOf(Object.fromEntries(trimmed)))
      setDone(true)
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  if (done)
    return (
      <Page title={title} narrow>
        <Notice tone="success" role="status" title={t.apply.done}>
          <p>{t.apply.doneNext}</p>
        </Notice>
        <Link href="/">{t.apply.back}</Link>
      </Page>
    )
  return (
    <Page title={title} lead={lead} narrow before={<Link href="/">{t.apply.back}</Link>}>
      <form className="ui-stack" noValidate onSubmit={(event) => void submit(event)}>
        {fields.map((field) => {
          const { key, label, hint, optional, options, type } = field
          const common = {
            label,
            hint,
            required: !optional,
            value: values[key] ?? '',
            onChange: (value: string) => setValues((before) => ({ ...before, [key]: value })),
            error: tried && faultOf(field),
          }
          return options ? (
            <Select key={key} {...common} options={options} placeholder={t.activities.form.choose} />
          ) : (
            <TextField key={key} {...common} type={type ?? 'text'} maxLength={120} />
          )
        })}
        <Failure error={loading ?? error} />
        <Button type="submit" wide busy={busy}>
          {t.apply.send}
        </Button>
      </form>
    </Page>
  )
}
