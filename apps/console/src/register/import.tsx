import { Button, Notice, Page, Table } from '@pass/ui'
import { useId, useState } from 'react'
import { call, type ImportPreview } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'

type Step =
  | { at: 'choose' }
  | { at: 'reading' }
  | { at: 'preview'; preview: ImportPreview }
  | { at: 'applying'; preview: ImportPreview }
  | { at: 'done'; added: number; changed: number }

export function ImportRegister() {
  const { t } = useI18n()
  const id = useId()
  const [step, setStep] = useState<Step>({ at: 'choose' })
  const [error, setError] = useState<unknown>()

  const read = async (file: File | undefined) => {
    if (!file) return
    setError(undefined)
    setStep({ at: 'reading' })
    try {
      // Straight from the file: the browser must not decode CP949 as UTF-8.
      const preview = await call<ImportPreview>(
        'POST',
        '/api/register/imports',
        file.slice(0, file.size, 'text/csv'),
      )
      setStep({ at: 'preview', preview })
    } catch (failure) {
      setError(failure)
      setStep({ at: 'choose' })
    }
  }
  const apply = async (preview: ImportPreview) => {
    setError(undefined)
    setStep({ at: 'applying', preview })
    try {
      const { added, changed } = await call<ImportPreview>(
        'POST',
        `/api/register/imports/${preview.id}/apply`,
        {},
      )
      setStep({ at: 'done', added, changed })
    } catch (failure) {
      setError(failure)
      setStep({ at: 'preview', preview })
    }
  }

  return (
    <Page title={t.import.title}>
      <p>{t.import.lead}</p>
      <div className="file">
        <label htmlFor={id}>{t.import.file}</label>
        <input
          id={id}
          type="file"
          accept=".csv,text/csv"
          onChange={(event) => {
            void read(event.target.files?.[0])
            // The same file, mended and chosen again, must count as a choice.
            event.target.value = ''
          }}
        />
      </div>
      <Failure error={error} />
      <div role="status">
        {step.at === 'reading' && <p>{t.import.reading}</p>}
        {step.at === 'done' && (
          <Notice tone="success">
            <p>{t.import.done(step.added, step.changed)}</p>
          </Notice>
        )}
      </div>
      {(step.at === 'preview' || step.at === 'applying') && (
        <Preview preview={step.preview} busy={step.at === 'applying'} onApply={() => apply(step.preview)} />
      )}
    </Page>
  )
}

function Preview({ preview, busy, onApply }: { preview: ImportPreview; busy: boolean; onApply: () => void }) {
  const { t, local } = useI18n()
  const { added, changed, unchanged, errors } = preview
  if (errors.length > 0)
    return (
      <>
        <Notice tone="error">
          <p>{t.import.errors(errors.length)}</p>
        </Notice>
        <Table
          caption={t.import.errors(errors.length)}
          rows={errors}
          rowKey={({ row, column, message }) => `${row} ${column} ${message.en}`}
          columns={[
            { key: 'row', header: t.import.row, cell: ({ row }) => row, numeric: true },
            { key: 'column', header: t.import.column, cell: ({ column }) => column },
            { key: 'message', header: t.import.problem, cell: ({ message }) => local(message) },
          ]}
        />
      </>
    )
  return (
    <section>
      <h2>{t.import.preview}</h2>
      <ul>
        <li>{t.import.added(added)}</li>
        <li>{t.import.changed(changed)}</li>
        <li>{t.import.unchanged(unchanged)}</li>
      </ul>
      {added + changed === 0 ? (
        <p>{t.import.nothing}</p>
      ) : (
        <Button onClick={onApply} busy={busy}>
          {t.import.apply}
        </Button>
      )}
    </section>
  )
}
