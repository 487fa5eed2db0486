import { Button, Dialog, TextField } from '@pass/ui'
import { type ReactNode, useId, useState } from 'react'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'

export type ActDialogProps = {
  title: string
  /** What happens, and to whom. */
  children?: ReactNode
  /** The button that does it. */
  action: string
  danger?: boolean
  /** Asks for a reason, which is then never empty. */
  reason?: { label: string; hint?: string }
  /** Does it; what it throws is shown, and the dialog stays. */
  onAct: (reason: string) => Promise<void>
  onClose: () => void
}

/** Asks before something is done that others will notice, with the reason where one must be given. */
export function ActDialog({ title, children, action, danger, reason, onAct, onClose }: ActDialogProps) {
  const { t } = useI18n()
  const form = useId()
  const [text, setText] = useState('')
  const [missing, setMissing] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  const submit = async () => {
    if (reason && text.trim() === '') return setMissing(true)
    setBusy(true)
    setError(undefined)
    try {
      await onAct(text.trim())
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }

  return (
    <Dialog
      open
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t.cancel}
          </Button>
          <Button type="submit" form={form} variant={danger ? 'danger' : 'primary'} busy={busy}>
            {action}
          </Button>
        </>
      }
    >
      <form
        id={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) void submit()
        }}
      >
        {children}
        {reason && (
          <TextField
            label={reason.label}
            hint={reason.hint}
            value={text}
            onChange={(value) => {
              setText(value)
              setMissing(false)
            }}
            maxLength={200}
            error={missing && t.reasonMissing}
          />
        )}
        <Failure error={error} />
      </form>
    </Dialog>
  )
}
