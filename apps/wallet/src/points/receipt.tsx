import { Button, Notice } from '@pass/ui'
import { useState } from 'react'
import { openAccount } from '../account/device-ports.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'
import type { ReceiptStanding } from './receipt-check.ts'
import { Trouble } from './trouble.tsx'

type Step = 'closed' | 'looking' | { found: ReceiptStanding } | { failure: Failure }

/** Whether something stands in the city's public record: looked up and checked on this device when asked for. */
export function ReceiptOf({ hash }: { hash: string }) {
  const { t } = useI18n()
  const [step, setStep] = useState<Step>('closed')
  const looking = step === 'looking'

  async function look() {
    setStep('looking')
    try {
      const [ports, { checkReceipt }] = await Promise.all([openAccount(), import('./receipt-check.ts')])
      setStep({ found: await checkReceipt(ports, hash) })
    } catch (error) {
      setStep({ failure: toFailure(error) })
    }
  }

  return (
    <>
      <div>
        <Button variant="text" busy={looking} onClick={look}>
          {looking ? t.history.receiptLooking : t.history.receipt}
        </Button>
      </div>
      <div role="status">
        {typeof step === 'object' && 'found' in step && <Standing found={step.found} />}
      </div>
      {typeof step === 'object' && 'failure' in step && <Trouble failure={step.failure} />}
    </>
  )
}

function Standing({ found }: { found: ReceiptStanding }) {
  const { t, moment } = useI18n()
  if (found.standing === 'recorded')
    return (
      <Notice tone="success" title={t.history.receiptFound(moment(found.time))}>
        <p>{t.history.receiptFoundNext}</p>
      </Notice>
    )
  const waiting = found.standing === 'waiting'
  return (
    <Notice tone={waiting ? 'info' : 'error'}>
      <p>{waiting ? t.history.receiptWaiting : t.history.receiptWrong}</p>
    </Notice>
  )
}
