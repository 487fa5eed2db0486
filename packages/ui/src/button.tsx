import type { ButtonHTMLAttributes, Ref } from 'react'

export type ButtonVariant = 'primary' | 'secondary' | 'danger' | 'text'

export type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> & {
  variant?: ButtonVariant
  /** Work is under way: shows it, and ignores presses. Say what is happening in the children. */
  busy?: boolean
  /** Takes the whole width: the one main action of a small screen. */
  wide?: boolean
  ref?: Ref<HTMLButtonElement>
}

/** Class names that make a link look like a button. */
export function buttonClass(variant: ButtonVariant = 'primary', wide = false): string {
  return `ui-button ui-button-${variant}${wide ? ' ui-button-wide' : ''}`
}

/** A button. While `busy` it keeps the focus (it is aria-disabled, not disabled), so no one loses their place. */
export function Button({
  variant = 'primary',
  busy = false,
  wide = false,
  onClick,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={buttonClass(variant, wide)}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
    >
      {busy && <span className="ui-spinner" aria-hidden="true" />}
      {children}
    </button>
  )
}
