import { EmptyState, Page, Table } from '@pass/ui'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { MoreButton, usePages } from '../pages.tsx'

type Entry = { id: string; at: string; actor: string; action: string; target: string }

export function Audit() {
  const { t, moment } = useI18n()
  const entries = usePages<Entry>('/api/audit', {})
  return (
    <Page title={t.audit.title}>
      <Failure error={entries.error} onRetry={entries.reload} />
      {!entries.loading && entries.items.length === 0 && !entries.error && (
        <EmptyState title={t.nothingFound}>{t.audit.empty}</EmptyState>
      )}
      {entries.items.length > 0 && (
        <Table
          caption={t.audit.title}
          rows={entries.items}
          rowKey={(entry) => entry.id}
          columns={[
            { key: 'at', header: t.audit.columns.at, cell: (entry) => moment(at(entry.at)) },
            { key: 'actor', header: t.audit.columns.actor, cell: (entry) => entry.actor },
            {
              key: 'action',
              header: t.audit.columns.action,
              cell: ({ action }) => (
                <>
                  {t.audit.actions[action]} <code>{action}</code>
                </>
              ),
            },
            { key: 'target', header: t.audit.columns.target, cell: (entry) => entry.target },
          ]}
        />
      )}
      <MoreButton pages={entries} />
    </Page>
  )
}
