import { Button, Table } from '@pass/ui'
import type { ImportPreview } from '../api.ts'
import { useI18n } from '../i18n.ts'
import { Faults } from '../parts/faults.tsx'
import { usePlaceNames } from './use-place-names.ts'

type Props = {
  file: string
  preview: ImportPreview
  busy: boolean
  onApply: () => void
  onCancel: () => void
}

/** What a file would do to the register, or why it cannot do anything, before it does. */
export function Preview(props: Props) {
  return props.preview.errorCount > 0 ? (
    <Faults file={props.file} {...props.preview} />
  ) : (
    <Effect {...props} />
  )
}

function Effect({ file, preview, busy, onApply, onCancel }: Props) {
  const { t } = useI18n()
  const { added, changed, unchanged, rows } = preview
  const nameOfPlace = usePlaceNames()
  return (
    <section className="ui-stack">
      <h2>{t.import.preview(file)}</h2>
      <div role="status">
        <ul>
          <li>{t.import.added(added)}</li>
          <li>{t.import.changed(changed)}</li>
          <li>{t.import.unchanged(unchanged)}</li>
        </ul>
        {added + changed === 0 && <p>{t.import.nothing}</p>}
      </div>
      {added + changed > 0 && (
        <div className="actions">
          <Button onClick={onApply} busy={busy}>
            {t.import.apply}
          </Button>
          {!busy && (
            <Button variant="secondary" onClick={onCancel}>
              {t.import.cancel}
            </Button>
          )}
        </div>
      )}
      <Table
        caption={t.import.firstRows(rows.length)}
        rows={rows}
        rowKey={({ registerNo }) => registerNo}
        columns={[
          {
            key: 'name',
            header: t.register.columns.name,
            cell: ({ nameKo, nameEn }) => `${nameKo} (${nameEn})`,
          },
          { key: 'number', header: t.register.columns.number, cell: ({ registerNo }) => registerNo },
          { key: 'birth', header: t.register.columns.birth, cell: ({ birthDate }) => birthDate },
          { key: 'area', header: t.register.columns.area, cell: nameOfPlace },
          { key: 'since', header: t.register.columns.since, cell: ({ residentSince }) => residentSince },
        ]}
      />
    </section>
  )
}
