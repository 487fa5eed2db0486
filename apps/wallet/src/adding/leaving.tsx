import { Page, Progress } from '@pass/ui'
import { useI18n } from '../i18n.ts'
import { useWords } from './i18n.ts'

/** While this tab goes to the sign-in. */
export function Leaving() {
  const { t: app } = useI18n()
  const { t } = useWords()
  return (
    <Page title={t.back.title} narrow appName={app.app.name}>
      <div role="status">
        <Progress label={t.signIn.leaving} />
      </div>
      <p className="ui-hint">{t.signIn.leavingHint}</p>
    </Page>
  )
}
