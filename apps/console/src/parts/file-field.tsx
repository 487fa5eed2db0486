import { useId } from 'react'
import { useI18n } from '../i18n.ts'

/** Chooses a CSV file. The same file, mended and chosen again, counts as a choice. */
export function FileField({ onFile }: { onFile: (file: File) => void }) {
  const { t } = useI18n()
  const id = useId()
  return (
    <div className="file">
      <label htmlFor={id}>{t.import.file}</label>
      <input
        id={id}
        type="file"
        accept=".csv,text/csv"
        onChange={(event) => {
          const file = event.target.files?.[0]
          if (file) onFile(file)
          event.target.value = ''
        }}
      />
    </div>
  )
}
