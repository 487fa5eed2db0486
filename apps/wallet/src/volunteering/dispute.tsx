import { Button, Dialog, TextArea } from '@pass/ui'
import { useState } from 'react'
import { dispute } from './city.ts'
import { useWords } from './i18n.ts'
import { Trouble } from './trouble.tsx'

/** Says that hours are wrong; somebody of the city looks, and not the organiser alone. */
export function Dispute({
  signupId,
  label,
  onSent,
}: {
  signupId: string
  label: string
  onSent: () => Promise<void>
}) {
  const { t } = useWords()
  const words = t.mine
  const [asking, setAsking] = useState(false)
  const [reason, setReason] = useState('')
  const [missing, setMissing] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  async function send() {
    if (reason.trim() === '') return setMissing(true)
    setBusy(true)
    setError(undefined)
    try {
      await dispute(signupId, reason.trim())
      setAsking(false)
      await onSent()
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }

  return (
    <div className="no-print">
      <Button variant="text" onClick={() => setAsking(true)}>
        {label}
      </Button>
      <Dialog
        open={asking}
        title={words.disputeTitle}
        onClose={() => setAsking(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setAsking(false)}>
              {t.activity.keep}
            </Button>
            <Button busy={busy} onClick={send}>
              {busy ? words.disputeSending : words.disputeSend}
            </Button>
          </>
        }
      >
        <p>{words.disputeBody}</p>
        <TextArea
          label={words.disputeReason}
          hint={words.disputeHint}
          error={missing && reason.trim() === '' ? words.disputeEmpty : undefined}
          value={reason}
          onChange={setReason}
          maxLength={500}
          rows={3}
          required
        />
        {error !== undefined && <Trouble error={error} onAgain={send} then="/my-activities" />}
      </Dialog>
    </div>
  )
}
