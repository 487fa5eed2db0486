import { Button } from '@pass/ui'
import { useState } from 'react'
import { useWords } from './i18n.ts'

/** The link for a guardian: sent by whatever the phone sends with, or copied. */
export function ConsentLink({ link, title }: { link: string; title: string }) {
  const { t } = useWords()
  const [copied, setCopied] = useState(false)
  const canShare = typeof navigator.share === 'function'

  async function share() {
    // Who closes the phone's own dialog has changed their mind: nothing to say.
    await navigator.share({ text: t.activity.consentMessage(title), url: link }).catch(() => undefined)
  }
  async function copy() {
    setCopied(
      await navigator.clipboard.writeText(link).then(
        () => true,
        () => false,
      ),
    )
  }

  return (
    <>
      <p className="code-text">{link}</p>
      <div className="ui-row">
        {canShare && <Button onClick={share}>{t.activity.consentShare}</Button>}
        <Button variant="secondary" onClick={copy}>
          {t.activity.consentCopy}
        </Button>
      </div>
      <div role="status">{copied && t.activity.copied}</div>
    </>
  )
}
