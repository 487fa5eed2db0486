import { EmptyState, Notice, Page, StatusBadge, Table } from '@pass/ui'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad, usePoll } from '../load.ts'

type Batch = {
  root: string
  leafCount: number
  status: 'pending' | 'confirmed'
  sequence: number | null
  blockNumber: number | null
  anchoredAt: string | null
}
type Anchoring = {
  chain: { up: boolean; block: number | null }
  waiting: { credentials: number; statusLists: number }
  items: Batch[]
}

export function Anchors() {
  const { t, moment } = useI18n()
  const anchoring = useLoad('anchors', () => call<Anchoring>('GET', '/api/anchors/batches'))
  usePoll(true, 3000, async () => anchoring.reload())
  const { data } = anchoring
  return (
    <Page title={t.anchors.title}>
      <Failure error={anchoring.error} onRetry={anchoring.reload} />
      {data && (
        <>
          {/* Not read out by itself: the block number changes all the time. */}
          <Notice tone={data.chain.up ? 'success' : 'warning'} title={t.anchors.chain}>
            <p>{data.chain.up ? t.anchors.chainUp(data.chain.block ?? 0) : t.anchors.chainDown}</p>
            <p>{t.anchors.waiting(data.waiting.credentials)}</p>
          </Notice>
          {data.items.length === 0 && <EmptyState title={t.nothingFound}>{t.anchors.empty}</EmptyState>}
          {data.items.length > 0 && (
            <Table
              caption={t.anchors.title}
              rows={data.items}
              rowKey={(batch) => batch.root}
              columns={[
                {
                  key: 'sequence',
                  header: t.anchors.columns.sequence,
                  cell: (batch) => batch.sequence ?? '–',
                },
                {
                  key: 'root',
                  header: t.anchors.columns.root,
                  cell: (batch) => <code title={batch.root}>{`${batch.root.slice(0, 12)}…`}</code>,
                },
                {
                  key: 'count',
                  header: t.anchors.columns.count,
                  cell: (batch) => batch.leafCount,
                  numeric: true,
                },
                {
                  key: 'block',
                  header: t.anchors.columns.block,
                  cell: (batch) => batch.blockNumber ?? '–',
                  numeric: true,
                },
                {
                  key: 'time',
                  header: t.anchors.columns.time,
                  cell: (batch) => (batch.anchoredAt ? moment(at(batch.anchoredAt)) : '–'),
                },
                {
                  key: 'status',
                  header: t.anchors.columns.status,
                  cell: (batch) => (
                    <StatusBadge tone={batch.status === 'confirmed' ? 'success' : 'warning'}>
                      {t.anchors.states[batch.status]}
                    </StatusBadge>
                  ),
                },
              ]}
            />
          )}
        </>
      )}
    </Page>
  )
}
