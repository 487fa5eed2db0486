import { type ReactNode, useEffect, useId, useRef } from 'react'
import { Button } from './button.tsx'
import { useWords } from './words.ts'

export type DialogProps = {
  open: boolean
  title: ReactNode
  /** Called by Escape and by the close button; set `open` to false in it. */
  onClose: () => void
  children?: ReactNode
  /** Buttons, the main one last. A plain close button without them. */
  actions?: ReactNode
}

/** A modal dialog: the browser's own, which traps the focus. It goes back to where it was on closing. */
export function Dialog({ open, title, onClose, children, actions }: DialogProps) {
  const { t } = useWords()
  const element = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = element.current
    if (!open || !dialog) return
    const before = document.activeElement
    dialog.showModal()
    return () => {
      dialog.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [open])
  return (
    <dialog
      ref={element}
      className="ui-dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      {open && (
        <div className="ui-dialog-body">
          <h2 id={titleId}>{title}</h2>
          {children}
          <div className="ui-dialog-actions">
            {actions ?? (
              <Button variant="secondary" onClick={onClose}>
                {t.close}
              </Button>
            )}
          </div>
        </div>
      )}
    </dialog>
  )
}
