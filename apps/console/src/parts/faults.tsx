import { Notice, Table } from '@pass/ui'
import type { ImportPreview } from '../api.ts'
import { useI18n } from '../i18n.ts'

type FaultsProps = { file: string } & Pick<ImportPreview, 'errors' | 'errorCount'>

/** Why a file cannot be taken: each faulty cell. */
export function Faults({ file, errors, errorCount }: FaultsProps) {
  const { t, local } = useI18n()
  return (
    <section className="ui-stack">
      <h2>{t.import.preview(file)}</h2>
      <Notice tone="error" role="alert">
        <p>{t.import.errors(errorCount)}</p>
      </Notice>
      <Table
        caption={errors.length < errorCount ? t.import.firstErrors(errors.length) : t.import.toMend}
        rows={errors}
        rowKey={({ row, column, message }) => `${row} ${column} ${message.en}`}
        columns={[
          { key: 'row', header: t.import.row, cell: ({ row }) => row },
          { key: 'column', header: t.import.column, cell: ({ column }) => column },
          { key: 'message', header: t.import.problem, cell: ({ message }) => local(message) },
        ]}
      />
    </section>
  )
}
