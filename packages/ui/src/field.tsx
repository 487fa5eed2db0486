import { type InputHTMLAttributes, type ReactNode, type Ref, type TextareaHTMLAttributes, useId } from 'react'
import { useWords } from './words.ts'

type Described = { label: ReactNode; hint?: ReactNode; error?: ReactNode }
type Typed = { value: string; onChange: (value: string) => void }

export type TextFieldProps = Described &
  Typed &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange' | 'className'> & {
    ref?: Ref<HTMLInputElement>
  }
export type TextAreaProps = Described &
  Typed &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'value' | 'onChange' | 'className'>
export type SelectProps = Described &
  Typed & {
    options: { value: string; label: string }[]
    /** Shown while nothing is chosen. */
    placeholder?: string
    id?: string
    name?: string
    required?: boolean
    disabled?: boolean
  }
export type CheckboxProps = Described & {
  checked: boolean
  onChange: (checked: boolean) => void
  id?: string
  name?: string
  required?: boolean
  disabled?: boolean
}
export type RadioGroupProps = Typed & {
  legend: ReactNode
  options: { value: string; label: ReactNode; hint?: ReactNode }[]
}

/** Ids that tie a control to its hint and its error, for those who hear the page. */
function useDescription(given: string | undefined, hint: ReactNode, error: ReactNode) {
  const made = useId()
  const id = given ?? made
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ')
  const aria = {
    id,
    'aria-describedby': described || undefined,
    'aria-invalid': error ? (true as const) : undefined,
  }
  return { id, aria }
}

function Field({
  id,
  label,
  hint,
  error,
  required,
  children,
}: Described & { id: string; required?: boolean | undefined; children: ReactNode }) {
  const { t } = useWords()
  return (
    <div className="ui-field">
      <label className="ui-label" htmlFor={id}>
        {label}
        {required && <span className="ui-hint"> ({t.required})</span>}
      </label>
      {hint && (
        <p className="ui-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {children}
      <FieldError id={id} error={error} />
    </div>
  )
}

// Always there, so that a screen reader hears the error when it appears.
function FieldError({ id, error }: { id: string; error: ReactNode }) {
  return (
    <div aria-live="polite">
      {error && (
        <p className="ui-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  )
}

/** One line of text. `onChange` gives the text. */
export function TextField({ label, hint, error, value, onChange, id: given, ...rest }: TextFieldProps) {
  const { id, aria } = useDescription(given, hint, error)
  return (
    <Field id={id} label={label} hint={hint} error={error} required={rest.required}>
      <input
        type="text"
        {...rest}
        {...aria}
        className="ui-input"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  )
}

/** Several lines of text. */
export function TextArea({ label, hint, error, value, onChange, id: given, ...rest }: TextAreaProps) {
  const { id, aria } = useDescription(given, hint, error)
  return (
    <Field id={id} label={label} hint={hint} error={error} required={rest.required}>
      <textarea
        {...rest}
        {...aria}
        className="ui-input"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  )
}

/** One of several; the browser's own list, which every phone and screen reader knows. */
export function Select({
  label,
  hint,
  error,
  value,
  onChange,
  options,
  placeholder,
  id: given,
  ...rest
}: SelectProps) {
  const { id, aria } = useDescription(given, hint, error)
  return (
    <Field id={id} label={label} hint={hint} error={error} required={rest.required}>
      <select
        {...rest}
        {...aria}
        className="ui-input"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        {placeholder !== undefined && <option value="">{placeholder}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Field>
  )
}

/** Yes or no. */
export function Checkbox({ label, hint, error, checked, onChange, id: given, ...rest }: CheckboxProps) {
  const { id, aria } = useDescription(given, hint, error)
  return (
    <div className="ui-field">
      <label className="ui-check" htmlFor={id}>
        <input
          type="checkbox"
          {...rest}
          {...aria}
          checked={checked}
          onChange={(event) => onChange(event.target.checked)}
        />
        <span>{label}</span>
      </label>
      {hint && (
        <p className="ui-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <FieldError id={id} error={error} />
    </div>
  )
}

/** One of a few, all of them in sight. */
export function RadioGroup({ legend, options, value, onChange }: RadioGroupProps) {
  const name = useId()
  return (
    <fieldset className="ui-radios">
      <legend>{legend}</legend>
      {options.map((option) => (
        <label className="ui-check" key={option.value}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>
            {option.label}
            {option.hint && <span className="ui-hint"> {option.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
