import { Button, Dialog, Notice, Select, Spinner } from '@pass/ui'
import { useEffect, useRef, useState } from 'react'
import { useLocation, useSearchParams } from 'wouter'
import { awaitReceipts } from '../engine/wallet.ts'
import { arrivalOf } from '../incoming.ts'
import { CalendarButton } from './calendar-button.tsx'
import {
  type Coming,
  fetchGroups,
  isConnected,
  type Signed,
  type SigningUp,
  signUp,
  signUpProved,
  withdraw,
} from './city.ts'
import { ConsentLink } from './consent-link.tsx'
import { useWords } from './i18n.ts'
import { ConnectLink, Trouble } from './trouble.tsx'
import type { Activity, Signup } from './types.ts'
import { useLoading } from './use-loading.ts'

type Props = { activity: Activity; signup: Signup | undefined; onChange: () => Promise<void> }
type Step =
  | { at: 'rest' | 'signing' | 'proving' | 'done' | 'withdrawn' }
  /** Whether the citizen is of age is to be shown; who is not asks a guardian. */
  | { at: 'adult'; proof: { id: string; requestUri: string } }
  | { at: 'failed'; error: unknown }

/** Where the citizen stands with an activity, and what they can do about it: sign up, wait, withdraw. */
export function SignupPanel({ activity, signup, onChange }: Props) {
  const [step, setStep] = useState<Step>({ at: 'rest' })
  const over = Date.parse(activity.endsAt) <= Date.now()
  const { t } = useWords()
  const [signed, setSigned] = useState<Signed>()
  async function afterwards(now: Signed) {
    setSigned(now)
    await onChange()
    setStep({ at: 'done' })
  }
  // The button that was pressed goes away: whoever reads by keyboard or by ear goes on where the answer stands.
  const panel = useRef<HTMLDivElement>(null)
  const stands = signup !== undefined && ['signed', 'waiting', 'consent'].includes(signup.status)
  useEffect(() => {
    if (step.at !== 'rest' && document.activeElement === document.body) panel.current?.focus()
  }, [step.at, stands])

  if (activity.status === 'cancelled') return null
  if (over && !stands) return <Notice tone="info">{t.activity.over}</Notice>
  return (
    <div className="ui-stack" ref={panel} tabIndex={-1}>
      {step.at === 'withdrawn' && (
        <Notice tone="success" role="status">
          {t.activity.withdrawn}
        </Notice>
      )}
      {signed?.group && (
        <Notice tone="success" role="status" title={t.activity.groupSigned}>
          <p>{t.activity.groupCounts(signed.group)}</p>
        </Notice>
      )}
      {stands ? (
        <Standing
          activity={activity}
          signup={signup}
          onWithdrawn={async () => {
            setSigned(undefined)
            setStep({ at: 'withdrawn' })
            await onChange()
          }}
        />
      ) : (
        <SignUp activity={activity} step={step} setStep={setStep} onSigned={afterwards} />
      )}
    </div>
  )
}

function SignUp({
  activity,
  step,
  setStep,
  onSigned,
}: {
  activity: Activity
  step: Step
  setStep: (step: Step) => void
  onSigned: (signed: Signed) => Promise<void>
}) {
  const { t } = useWords()
  const [, navigate] = useLocation()
  const [query, setQuery] = useSearchParams()
  const [connected] = useLoading(isConnected)
  const [groupId, setGroupId] = useState(query.get('group') ?? '')
  const here = `/activities/${activity.id}`

  async function run(at: 'signing' | 'proving', work: () => Promise<SigningUp>, coming: Coming) {
    setStep({ at })
    try {
      const answer = await work()
      if (!('verification' in answer)) return await onSigned(answer)
      if (answer.asks === 'adult') return setStep({ at: 'adult', proof: answer.verification })
      await prove(answer.verification, coming)
    } catch (error) {
      setStep({ at: 'failed', error })
    }
  }

  /** What is asked for is shown, and shown to whom, by the screen that does this for everyone. */
  async function prove(
    { id, requestUri }: { id: string; requestUri: string },
    { groupId, guardian }: Coming,
  ) {
    const then = new URLSearchParams({
      proof: id,
      ...(groupId ? { group: groupId } : {}),
      ...(guardian ? { guardian: '1' } : {}),
    })
    // A card that has only just arrived is not yet recorded, and would be refused.
    await awaitReceipts()
    navigate('/present', { state: arrivalOf(requestUri, `${here}?${then}`) })
  }

  const coming = (guardian = false): Coming => ({
    ...(groupId ? { groupId } : {}),
    ...(guardian ? { guardian } : {}),
  })
  const sign = (guardian = false) =>
    run('signing', () => signUp(activity.id, coming(guardian)), coming(guardian))

  // Back from there, with the proof given: the citizen has said yes already.
  const proof = useRef(query.get('proof'))
  const asMinor = useRef(query.get('guardian') === '1')
  useEffect(() => {
    const verificationId = proof.current
    if (!verificationId) return
    proof.current = null
    setQuery({}, { replace: true })
    const how = coming(asMinor.current)
    void run('proving', () => signUpProved(activity.id, verificationId, how), how)
  })

  if (step.at === 'proving') return <Spinner>{t.activity.proving}</Spinner>
  if (connected.state === 'ready' && !connected.value)
    return (
      <Notice tone="info" title={t.activity.connectFirst}>
        <p>{t.activity.connectNext}</p>
        <ConnectLink then={here} />
      </Notice>
    )
  if (step.at === 'adult')
    return (
      <Notice tone="info" role="status" title={t.activity.adult}>
        <p>{t.activity.adultNext}</p>
        <div className="ui-stack">
          <Button wide onClick={() => void prove(step.proof, coming())}>
            {t.activity.adultProve}
          </Button>
          <Button wide variant="secondary" onClick={() => sign(true)}>
            {t.activity.minor}
          </Button>
        </div>
      </Notice>
    )
  return (
    <>
      {step.at === 'failed' && <Trouble error={step.error} onAgain={() => sign()} then={here} />}
      {connected.state === 'ready' && <GroupChoice value={groupId} onChange={setGroupId} />}
      <Button wide busy={step.at === 'signing'} onClick={() => sign()}>
        {step.at === 'signing'
          ? t.activity.signingUp
          : activity.placesLeft > 0
            ? t.activity.signUp
            : t.activity.wait}
      </Button>
      {activity.template !== null && <p className="ui-hint">{t.activity.asks}</p>}
    </>
  )
}

/** Only for who is in a group; the others are not asked. */
function GroupChoice({ value, onChange }: { value: string; onChange: (groupId: string) => void }) {
  const { t } = useWords()
  const [groups] = useLoading(fetchGroups)
  if (groups.state !== 'ready' || groups.value.length === 0) return null
  return (
    <Select
      label={t.activity.as}
      value={value}
      onChange={onChange}
      placeholder={t.activity.alone}
      options={groups.value.map(({ id, name }) => ({ value: id, label: name }))}
    />
  )
}

function Standing({
  activity,
  signup,
  onWithdrawn,
}: {
  activity: Activity
  signup: Signup
  onWithdrawn: () => Promise<void>
}) {
  const { t, local } = useWords()
  const words = t.activity
  const begun = Date.parse(activity.startsAt) <= Date.now()
  return (
    <div className="ui-stack">
      {signup.status === 'signed' && (
        <Notice tone="success" role="status" title={words.signed}>
          <p>{words.signedNext}</p>
        </Notice>
      )}
      {signup.status === 'waiting' && (
        <Notice tone="info" role="status" title={words.waiting(signup.position ?? 1)}>
          <p>{words.waitingNext}</p>
        </Notice>
      )}
      {signup.consentLink !== null && (
        <Notice tone="warning" role="status" title={words.consent}>
          <p>{words.consentNext}</p>
          <ConsentLink link={signup.consentLink} title={local(activity.title)} />
        </Notice>
      )}
      <div className="ui-row">
        <CalendarButton activity={activity} />
        {!begun && <Withdraw signup={signup} onWithdrawn={onWithdrawn} />}
      </div>
    </div>
  )
}

function Withdraw({ signup, onWithdrawn }: { signup: Signup; onWithdrawn: () => Promise<void> }) {
  const { t } = useWords()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  async function confirm() {
    setBusy(true)
    setError(undefined)
    try {
      await withdraw(signup.id)
      setAsking(false)
      await onWithdrawn()
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <Button variant="text" onClick={() => setAsking(true)}>
        {t.activity.withdraw}
      </Button>
      <Dialog
        open={asking}
        title={t.activity.withdrawTitle}
        onClose={() => setAsking(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setAsking(false)}>
              {t.activity.keep}
            </Button>
            <Button variant="danger" busy={busy} onClick={confirm}>
              {busy ? t.activity.withdrawing : t.activity.withdrawConfirm}
            </Button>
          </>
        }
      >
        <p>{t.activity.withdrawBody}</p>
        {error !== undefined && <Trouble error={error} then={`/activities/${signup.activity.id}`} />}
      </Dialog>
    </>
  )
}
