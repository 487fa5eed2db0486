import { Button, Notice, Page, Spinner, TextArea } from '@pass/ui'
import { CameraError, type CameraTrouble, startCamera } from '@pass/ui/camera'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { arrivalOf, kindOf, screenOf } from '../incoming.ts'

type Camera = 'starting' | 'on' | CameraTrouble

/** One place for every code: each leads to the screen that deals with it. */
export default function Scan() {
  const { t } = useI18n()
  const [, navigate] = useLocation()
  const video = useRef<HTMLVideoElement>(null)
  const [camera, setCamera] = useState<Camera>('starting')
  const [foreign, setForeign] = useState<'foreign' | 'pass'>()

  function open(text: string): boolean {
    const kind = kindOf(text)
    // Another wallet's own code is for a counter, not for us.
    if (kind === undefined || kind === 'pass') {
      setForeign(kind ?? 'foreign')
      return false
    }
    navigate(screenOf(kind), { replace: true, state: arrivalOf(text) })
    return true
  }
  const latest = useRef(open)
  latest.current = open

  useEffect(() => {
    const player = video.current
    if (!player) return
    wallet.prepare()
    let stop: (() => void) | undefined
    let gone = false
    const found = (text: string) => {
      if (gone) return
      if (latest.current(text)) gone = true
    }
    startCamera(player, found).then(
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

  const trouble = camera === 'denied' || camera === 'none'
  return (
    <Page title={t.scan.title} lead={t.scan.lead} narrow appName={t.app.name}>
      {!trouble && (
        <div className="camera">
          <video ref={video} aria-label={t.scan.video} muted playsInline />
          <div className="camera-frame" aria-hidden="true" />
        </div>
      )}
      {camera === 'starting' && <Spinner>{t.scan.starting}</Spinner>}
      {camera === 'on' && !foreign && <p role="status">{t.scan.aim}</p>}
      {camera === 'on' && foreign && (
        <Notice tone="warning" role="status">
          {foreign === 'pass' ? t.scan.passOfOther : t.scan.notOurs}
        </Notice>
      )}
      {camera === 'denied' && (
        <Notice tone="warning" role="alert" title={t.scan.denied}>
          {t.scan.deniedNext}
        </Notice>
      )}
      {camera === 'none' && (
        <Notice tone="info" role="alert" title={t.scan.none}>
          {t.scan.noneNext}
        </Notice>
      )}
      {trouble ? (
        <Paste onOpen={open} main />
      ) : (
        <details className="paste">
          <summary>{t.scan.pasteOpen}</summary>
          <Paste onOpen={open} />
        </details>
      )}
    </Page>
  )
}

function Paste({ onOpen, main = false }: { onOpen: (text: string) => boolean; main?: boolean }) {
  const { t } = useI18n()
  const [text, setText] = useState('')
  const [error, setError] = useState<string>()

  function submit(event: FormEvent) {
    event.preventDefault()
    if (!text.trim()) setError(t.scan.pasteEmpty)
    else if (!onOpen(text.trim())) setError(t.scan.pasteNotOurs)
  }

  return (
    <form className="ui-stack" onSubmit={submit}>
      <TextArea
        label={t.scan.paste}
        hint={t.scan.pasteHint}
        error={error}
        value={text}
        onChange={setText}
        rows={3}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
      />
      <Button type="submit" wide variant={main ? 'primary' : 'secondary'}>
        {t.scan.go}
      </Button>
    </form>
  )
}
