import { Notice } from '@pass/ui'
import { Link } from 'wouter'
import { openDevice } from '../device/device.ts'
import { useI18n } from '../i18n.ts'
import { useStored } from '../parts/use-stored.ts'

const readAccount = async () => (await openDevice()).store.get('account', 'mine')

/** Another phone asks for the points of this one: said wherever its owner is, since there are only days to object. */
export function LeavingBanner({ quiet }: { quiet: boolean }) {
  const { t } = useI18n()
  const account = useStored(readAccount)
  if (quiet || account.state !== 'ready' || account.value?.leavingAt === undefined) return null
  return (
    <aside className="banner" aria-label={t.connect.leaving}>
      <Notice tone="warning" role="alert" title={t.connect.leaving}>
        <div className="ui-row">
          <Link className="ui-button ui-button-secondary" href="/points">
            {t.connect.toPoints}
          </Link>
        </div>
      </Notice>
    </aside>
  )
}
