import { Page } from '@pass/ui'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { useSession } from '../session/session.tsx'
import { ProgrammeFigures } from './figures.tsx'
import type { Programme } from './types.ts'

/** For the owner of a programme: how much of the budget is given out, and when. */
export default function Spending() {
  const { t, local } = useI18n()
  const id = Number(useSession().data?.programme?.id)
  const programmes = useLoad('programmes', () => call<Programme[]>('GET', '/api/programmes'))
  const programme = programmes.data?.find((one) => one.id === id)
  return (
    <Page title={programme ? local(programme.name) : t.programmes.title}>
      <Failure error={programmes.error} onRetry={programmes.reload} />
      {programme && <ProgrammeFigures programme={programme} />}
    </Page>
  )
}
