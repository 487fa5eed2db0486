import { Button, Notice } from '@pass/ui'
import { useEffect, useRef, useState } from 'react'
import { object } from '../account/account.ts'
import { openAccount } from '../account/device-ports.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'
import type { Balance } from './balance.ts'
import { Trouble } from './trouble.tsx'

/** Another phone asks for the points of this one: whoever did not ask for that says so here. */
export function Leaving({ at, balance }: { at: number | undefined; balance: Balance }) {
  const { t, moment } = useI18n()
  const [step, setStep] = useState<'asked' | 'busy' | 'objected' | { failure: Failure }>('asked')
  const answer = useRef<HTMLParagraphElement>(null)
  const objected = step === 'objected'
  // The button that was pressed is gone: its answer takes the focus.
  useEffect(() => {
    if (objected) answer.current?.focus()
  }, [objected])

  async function refuse() {
    setStep('busy')
    try {
      await object(await openAccount(), balance.domain)
      setStep('objected')
    } catch (error) {
      setStep({ failure: toFailure(error) })
    }
  }

  if (objected)
    return (
      <Notice tone="success" role="status">
        <p ref={answer} tabIndex={-1}>
          {t.connect.objected}
        </p>
      </Notice>
    )
  if (at === undefined) return null
  return (
    <Notice tone="warning" role="alert" title={t.connect.leaving}>
      <p>{at > 0 ? t.connect.leavingAt(moment(at)) : t.connect.leavingSoon}</p>
      <p>{t.connect.leavingNext}</p>
      {typeof step === 'object' && <Trouble failure={step.failure} />}
      <div>
        <Button variant="danger" busy={step === 'busy'} onClick={refuse}>
          {step === 'busy' ? t.connect.objecting : t.connect.object}
        </Button>
      </div>
    </Notice>
  )
}
