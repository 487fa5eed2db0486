import { Button, Notice, Page, Spinner, Table, TextField } from '@pass/ui'
import { useState } from 'react'
import { call, type ImportPreview } from '../api.ts'
import { today } from '../dates.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { Faults } from '../parts/faults.tsx'
import { FileField } from '../parts/file-field.tsx'

type Row = { number: string; name: string; title: string; date: string; minutes: number }
type Preview = Pick<ImportPreview, 'id' | 'added' | 'unchanged' | 'errors' | 'errorCount'> & { rows: Row[] }
type Step =
  | { at: 'choose' | 'reading' }
  | { at: 'preview' | 'applying'; file: string; preview: Preview }
  | { at: 'done'; added: number }

/** Hours to and from the national volunteer portal, in its own columns. */
export default function ImportHours() {
  const { t } = useI18n()
  const [step, setStep] = useState<Step>({ at: 'choose' })
  const [error, setError] = useState<unknown>()
  const [from, setFrom] = useState(`${today().slice(0, 4)}-01-01`)
  const [to, setTo] = useState(today)

  const read = async (file: File) => {
    setError(undefined)
    setStep({ at: 'reading' })
    try {
      const bytes = file.slice(0, file.size, 'text/csv')
      const preview = await call<Preview>('POST', '/api/volunteering/imports', bytes)
      setStep({ at: 'preview', file: file.name, preview })
    } catch (failure) {
      setError(failure)
      setStep({ at: 'choose' })
    }
  }
  const apply = async (file: string, preview: Preview) => {
    setError(undefined)
    setStep({ at: 'applying', file, preview })
    try {
      const { added } = await call<Preview>('POST', `/api/volunteering/imports/${preview.id}/apply`, {})
      setStep({ at: 'done', added })
    } catch (failure) {
      setError(failure)
      setStep({ at: 'preview', file, preview })
    }
  }

  return (
    <Page title={t.hours.title} lead={t.hours.lead}>
      <FileField onFile={(file) => void read(file)} />
      <Failure error={error} />
      {step.at === 'reading' && <Spinner>{t.import.reading}</Spinner>}
      <div role="status">
        {step.at === 'done' && <Notice tone="success">{t.hours.done(step.added)}</Notice>}
      </div>
      {(step.at === 'preview' || step.at === 'applying') &&
        (step.preview.errorCount > 0 ? (
          <Faults file={step.file} {...step.preview} />
        ) : (
          <section className="ui-stack">
            <h2>{t.import.preview(step.file)}</h2>
            <p role="status">{t.hours.effect(step.preview.added, step.preview.unchanged)}</p>
            {step.preview.added > 0 && (
              <div className="actions">
                <Button busy={step.at === 'applying'} onClick={() => void apply(step.file, step.preview)}>
                  {t.hours.apply}
                </Button>
                <Button variant="secondary" onClick={() => setStep({ at: 'choose' })}>
                  {t.import.cancel}
                </Button>
              </div>
            )}
            <Table
              caption={t.hours.first(step.preview.rows.length)}
              rows={step.preview.rows}
              rowKey={({ number }) => number}
              columns={[
                { key: 'number', header: t.hours.number, cell: ({ number }) => number },
                { key: 'name', header: t.staff.name, cell: ({ name }) => name },
                { key: 'title', header: t.disputes.activity, cell: ({ title }) => title },
                { key: 'date', header: t.payments.date, cell: ({ date }) => date },
                {
                  key: 'minutes',
                  header: t.activities.time,
                  cell: ({ minutes }) => t.activities.minutes(minutes),
                  numeric: true,
                },
              ]}
            />
          </section>
        ))}
      <section className="ui-stack" aria-labelledby="export">
        <h2 id="export">{t.hours.export}</h2>
        <div className="actions">
          <TextField label={t.hours.from} type="date" value={from} onChange={setFrom} />
          <TextField label={t.hours.to} type="date" value={to} onChange={setTo} />
          <a
            className="ui-button ui-button-secondary"
            href={`/api/volunteering/export.csv?${new URLSearchParams({ from, to })}`}
            download
          >
            {t.hours.download}
          </a>
        </div>
      </section>
    </Page>
  )
}
