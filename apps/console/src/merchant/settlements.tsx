import { EmptyState, Page } from '@pass/ui'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { SettlementTable } from '../parts/settlement-table.tsx'
import type { Settlement } from './types.ts'

/** The closed periods of this merchant, each with its statement. */
export default function MerchantSettlements() {
  const { t } = useI18n()
  const settlements = useLoad('settlements', () => call<Settlement[]>('GET', '/api/merchant/settlements'))
  return (
    <Page title={t.settlements.title} lead={t.settlements.lead}>
      <Failure error={settlements.error} onRetry={settlements.reload} />
      {settlements.data?.length === 0 && (
        <EmptyState title={t.settlements.none}>{t.settlements.noneNext}</EmptyState>
      )}
      {settlements.data && settlements.data.length > 0 && <SettlementTable rows={settlements.data} />}
    </Page>
  )
}
