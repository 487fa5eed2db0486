import { Button, Notice, Spinner, TextField } from '@pass/ui'
import { CameraError, type CameraTrouble, startCamera } from '@pass/ui/camera'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useI18n } from '../i18n.ts'

/** Reads a citizen's QR with the camera, or takes its text where there is none. Each reading is given once. */
export function Scanner({ label, onText }: { label: string; onText: (text: string) => void }) {
  const { t } = useI18n()
  const video = useRef<HTMLVideoElement>(null)
  const [camera, setCamera] = useState<'starting' | 'on' | CameraTrouble>('starting')
  const [text, setText] = useState('')
  const latest = useRef(onText)
  latest.current = onText

  useEffect(() => {
    const player = video.current
    if (!player) return
    let stop: (() => void) | undefined
    let gone = false
    const read = (found: string) => {
      if (gone) return
      gone = true
      stop?.()
      latest.current(found)
    }
    startCamera(player, read).then(
      (stopCamera) => {
        stop = stopCamera
        if (gone) stopCamera()
        else setCamera('on')
      },
      (error) => !gone && setCamera(error instanceof CameraError ? error.trouble : 'none'),
    )
    return () => {
      gone = true
      stop?.()
    }
  }, [])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim()) onText(text.trim())
  }
  const trouble = camera === 'denied' || camera === 'none'
  return (
    <div className="scanner">
      {!trouble && <video ref={video} aria-label={label} muted playsInline />}
      {camera === 'starting' && <Spinner>{t.scanner.starting}</Spinner>}
      {camera === 'on' && <p role="status">{t.scanner.aim}</p>}
      {trouble && (
        <Notice tone="info" role="status">
          <p>{camera === 'denied' ? t.scanner.denied : t.scanner.none}</p>
        </Notice>
      )}
      <form className="actions" onSubmit={submit}>
        <TextField
          label={t.scanner.paste}
          value={text}
          onChange={setText}
          autoComplete="off"
          spellCheck={false}
        />
        <Button type="submit" variant="secondary">
          {t.scanner.go}
        </Button>
      </form>
    </div>
  )
}
