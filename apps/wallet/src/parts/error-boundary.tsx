import { Button, Notice, Page } from '@pass/ui'
import { Component, type ReactNode } from 'react'
import { useI18n } from '../i18n.ts'

type Props = { children: ReactNode }

/** React knows no other way to catch a screen that broke than a class. */
export class ErrorBoundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  override render() {
    return this.state.broken ? <Broken /> : this.props.children
  }
}

function Broken() {
  const { t } = useI18n()
  return (
    <Page title={t.crash.title} narrow appName={t.app.name}>
      <Notice tone="error" role="alert">
        <p>{t.crash.body}</p>
      </Notice>
      <Button wide onClick={() => location.reload()}>
        {t.crash.reload}
      </Button>
    </Page>
  )
}
