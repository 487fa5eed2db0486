import { Notice, Page, Spinner } from '@pass/ui'
import { useState } from 'react'
import { call, type ImportPreview } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { FileField } from '../parts/file-field.tsx'
import { Preview } from './preview.tsx'

type Step =
  | { at: 'choose' }
  | { at: 'reading' }
  | { at: 'preview' | 'applying'; file: string; preview: ImportPreview }
  | { at: 'done'; added: number; changed: number }

export function ImportRegister() {
  const { t } = useI18n()
  const [step, setStep] = useState<Step>({ at: 'choose' })
  const [error, setError] = useState<unknown>()

  const read = async (file: File) => {
    setError(undefined)
    setStep({ at: 'reading' })
    try {
      // Straight from the file: the browser must not decode CP949 as UTF-8.
      const preview = await call<ImportPreview>(
        'POST',
        '/api/register/imports',
        file.slice(0, file.size, 'text/csv'),
      )
      setStep({ at: 'preview', file: file.name, preview })
    } catch (failure) {
      setError(failure)
      setStep({ at: 'choose' })
    }
  }
  const apply = async (file: string, preview: ImportPreview) => {
    setError(undefined)
    setStep({ at: 'applying', file, preview })
    try {
      const { added, changed } = await call<ImportPreview>(
        'POST',
        `/api/register/imports/${preview.id}/apply`,
        {},
      )
      setStep({ at: 'done', added, changed })
    } catch (failure) {
      setError(failure)
      setStep({ at: 'preview', file, preview })
    }
  }

  return (
    <Page title={t.import.title}>
      <p>{t.import.lead}</p>
      <FileField onFile={(file) => void read(file)} />
      <Failure error={error} />
      {step.at === 'reading' && <Spinner>{t.import.reading}</Spinner>}
      <div role="status">
        {step.at === 'done' && (
          <Notice tone="success">
            <p>{t.import.done(step.added, step.changed)}</p>
          </Notice>
        )}
      </div>
      {(step.at === 'preview' || step.at === 'applying') && (
        <Preview
          file={step.file}
          preview={step.preview}
          busy={step.at === 'applying'}
          onApply={() => apply(step.file, step.preview)}
          onCancel={() => setStep({ at: 'choose' })}
        />
      )}
    </Page>
  )
}
