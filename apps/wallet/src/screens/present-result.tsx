import type { PresentOutcome, QueryPreview, RequestPreview } from '@pass/holder'
import { buttonClass, Notice, Page, Spinner } from '@pass/ui'
import { useCallback, useEffect, useState } from 'react'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { useRestored } from '../parts/use-restored.ts'
import { useVerifierName } from '../parts/use-verifier-name.ts'
import { chosenCard, type Selection } from './selection.ts'

type Props = {
  request: RequestPreview
  queries: QueryPreview[]
  selection: Selection
  outcome: PresentOutcome
}

/** Long enough to see that it went well. */
const BACK_AFTER_MS = 1_500

/** What the verifier said, why, and what to do next; who asked on this device is gone back to (HAIP 1.0 section 5.1). */
export function PresentResult({ request, queries, selection, outcome }: Props) {
  const { t, local } = useI18n()
  const nameOf = useVerifierName()
  const accepted = outcome.outcome === 'accepted'
  const shown = queries
    .flatMap((query) => chosenCard(query, selection)?.claims ?? [])
    .map(({ label }) => local(label))
  const back = safeReturn(outcome.redirectUri)
  const [cameBack, setCameBack] = useState(false)
  useRestored(useCallback(() => setCameBack(true), []))
  const going = accepted && back !== undefined && !cameBack
  useEffect(() => {
    if (!going) return
    const timer = setTimeout(() => location.assign(back), BACK_AFTER_MS)
    return () => clearTimeout(timer)
  }, [going, back])
  return (
    <Page title={accepted ? t.present.accepted : t.present.refused} narrow appName={t.app.name}>
      {accepted ? (
        <Notice tone="success" role="status" title={t.present.acceptedLead(nameOf(request.verifier))}>
          {shown.length > 0 && (
            <p>
              {t.present.shown}: {shown.join(', ')}
            </p>
          )}
        </Notice>
      ) : (
        <Refusal code={outcome.code} />
      )}
      {going && (
        <div className="ui-stack tight">
          <Spinner>{t.present.goingBack}</Spinner>
          <p className="ui-hint">{t.present.goingBackHint}</p>
        </div>
      )}
      <WaysOn back={back} />
    </Page>
  )
}

/** Back to who asked, if there is a way, and to the cards. */
export function WaysOn({ back }: { back: string | undefined }) {
  const { t } = useI18n()
  return (
    <div className="ui-stack">
      {back && (
        <a className={buttonClass('primary', true)} href={back} rel="noreferrer">
          {t.present.goBack}
        </a>
      )}
      <Link className={buttonClass(back ? 'secondary' : 'primary', true)} href="/" replace>
        {t.app.home}
      </Link>
    </div>
  )
}

function Refusal({ code }: { code: string | undefined }) {
  const { t } = useI18n()
  const reason = refusalText(t.failure.refusals, code)
  return (
    <Notice tone="error" role="alert" title={reason?.title}>
      <p>{reason?.next}</p>
      <p>{t.present.refusedShared}</p>
    </Notice>
  )
}

type Refusals = ReturnType<typeof useI18n>['t']['failure']['refusals']

/** The sentence for a verifier's code; a code that we do not know is no reason. */
export function refusalText(refusals: Refusals, code: string | undefined) {
  return (code === undefined ? undefined : refusals[code]) ?? refusals['unknown']
}

/** A web address or nothing: a verifier must not make this page run a `javascript:` link. */
export function safeReturn(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined
  return ['https:', location.protocol].includes(new URL(address).protocol) ? address : undefined
}
