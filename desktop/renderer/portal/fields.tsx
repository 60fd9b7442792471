import { createContext, useContext, useId, useRef, useState, type ReactElement, type ReactNode } from 'react'
import { Icon } from '../ui/icons.tsx'
import type { Refusal } from './api.ts'
import { folded } from './space-list.ts'
import type { Draft } from './store.ts'
import { usePortalWords, type PortalWords } from './words.ts'

/** What the form around a field begins with; null: nothing waits. */
export const DraftContext = createContext<Draft | null>(null)

/** What waits in a form that somebody left, by field; the hub has not seen it. [POR-15] */
export function useDrafted(name: string, start: string): string {
  return useContext(DraftContext)?.[name] ?? start
}

/** Which field does not fit, and why; fields of one form look here. */
export interface FieldFault {
  name: string
  why: 'required' | 'noEmail' | 'tooShort' | 'range' | 'check' | 'differs' | 'refused'
  min: string
  max: string
  /** What the hub had against it, in words; of `refused`. */
  text?: string
}

/** What the browser finds wrong with a form, in the order of its fields. */
export function faultsOf(fields: readonly HTMLInputElement[]): FieldFault[] {
  return fields.map((field) => faultOf(field))
}

function faultOf(field: HTMLInputElement): FieldFault {
  const { name, validity } = field
  // A list of choices has neither.
  const [min, max] = [field.getAttribute('min') ?? '', field.getAttribute('max') ?? '']
  return { name, why: whyOf(validity, min !== '' && max !== ''), min, max }
}

function whyOf(validity: ValidityState, hasRange: boolean): FieldFault['why'] {
  if (validity.valueMissing) return 'required'
  if (validity.customError) return 'differs'
  if (validity.typeMismatch) return 'noEmail'
  if (hasRange) return 'range'
  return validity.tooShort ? 'tooShort' : 'check'
}

/** What to say of it; a hint that says how long something has to be is said once. */
function faultText(t: PortalWords['t'], fault: FieldFault, hint: string | undefined): string {
  if (fault.why === 'refused') return `${fault.text ?? t('field.check')} `
  if (fault.why === 'tooShort') return hint ?? t('passwordFault.tooShort')
  if (fault.why === 'range') return `${t('field.range', { min: fault.min, max: fault.max })} `
  return `${t(`field.${fault.why}`)} `
}

/** What the hub calls otherwise than a form does. */
const NAMES: Readonly<Record<string, string>> = { parentId: 'parent' }

/** The field of a form that a refusal is about: `/texts/sl/name` is that or a part of it, `/details/note` is "note", a taken name without a word is "name"; null: none of it. */
export function fieldOf(form: HTMLFormElement, { why, at }: Refusal): HTMLElement | null {
  const path = at === undefined ? (why === 'nameTaken' ? ['name'] : []) : at.split('/').slice(1)
  const wholes = path.map((_, index) => path.slice(0, index + 1).join('/'))
  for (const part of [...wholes.slice(1).toReversed(), ...path.toReversed()]) {
    const field = form.elements.namedItem(NAMES[part] ?? part)
    if (field instanceof HTMLElement) return field
  }
  return null
}

/** Takes the writer to a field, also where it stands in a folded part of the form. */
export function focusField(field: HTMLElement): void {
  const fold = field.closest('details')
  if (fold !== null) fold.open = true
  field.focus()
}

/** The fields of the form around that do not fit, as far as is known. */
export const FaultContext = createContext<readonly FieldFault[]>([])

/** Label, hint and fault of a field, and the ids that tie them to it. */
function Labelled(props: {
  name: string
  label: string
  hint?: string | undefined
  isOptional?: boolean | undefined
  children: (ids: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ReactNode
}): ReactElement {
  const { t } = usePortalWords()
  const id = useId()
  const fault = useContext(FaultContext).find(({ name }) => name === props.name)
  const isWrong = fault !== undefined
  return (
    <div className="p-field" data-wrong={isWrong}>
      <label htmlFor={id}>
        {props.label}
        {props.isOptional === true && <span className="p-optional"> · {t('field.optional')}</span>}
      </label>
      {props.children({ id, 'aria-describedby': `${id}-more`, 'aria-invalid': isWrong })}
      <p id={`${id}-more`} className="p-field-more">
        {isWrong && <strong>{faultText(t, fault, props.hint)}</strong>}
        {/* What is too short has a hint that says how long it is to be: once is enough. */}
        {isWrong && fault.why === 'tooShort' ? null : props.hint}
      </p>
    </div>
  )
}

interface FieldProps {
  name: string
  label: string
  hint?: string
  isOptional?: boolean
  start?: string
  /** The language of what is typed, where it is another than the page's. */
  lang?: string
  type?: 'text' | 'email' | 'number' | 'date'
  autoComplete?: string
  maxLength?: number
  min?: number
  max?: number
  /** What has to be typed, whatever its case: asked before something that cannot be meant lightly. */
  exactly?: string
  onChange?: (value: string) => void
}

/** One line of text. */
export function Field(props: FieldProps): ReactElement {
  const { name, label, hint, isOptional = false, start = '', type = 'text', autoComplete = 'off' } = props
  const drafted = useDrafted(name, start)
  return (
    <Labelled name={name} label={label} hint={hint} isOptional={isOptional}>
      {(ids) => (
        <input
          {...ids}
          name={name}
          lang={props.lang}
          type={type}
          defaultValue={drafted}
          required={!isOptional}
          autoComplete={autoComplete}
          autoCapitalize="none"
          spellCheck={type === 'text' && autoComplete === 'off'}
          maxLength={props.maxLength}
          min={props.min}
          max={props.max}
          onChange={({ currentTarget }) => {
            if (props.exactly !== undefined)
              currentTarget.setCustomValidity(isSame(currentTarget.value, props.exactly) ? '' : 'differs')
            props.onChange?.(currentTarget.value)
          }}
        />
      )}
    </Labelled>
  )
}

function isSame(typed: string, name: string): boolean {
  return folded(typed) === folded(name)
}

/** Several lines of text; required only where that is said. */
export function TextArea(props: {
  name: string
  label: string
  hint?: string
  start: string
  lang?: string
  maxLength: number
  /** Lines that are seen at once; 2 unless said. */
  rows?: number
  isRequired?: boolean
}): ReactElement {
  const { name, label, hint, start, maxLength, rows = 2, isRequired = false } = props
  const drafted = useDrafted(name, start)
  return (
    <Labelled name={name} label={label} hint={hint} isOptional={!isRequired}>
      {(ids) => (
        <textarea
          {...ids}
          name={name}
          lang={props.lang}
          rows={rows}
          required={isRequired}
          defaultValue={drafted}
          maxLength={maxLength}
        />
      )}
    </Labelled>
  )
}

/** One of a few. With `value` the page sets which is chosen, and is called with another choice. */
export function Choice(props: {
  name: string
  label: string
  hint?: string
  start: string
  value?: string
  onChange?: (value: string) => void
  isOptional?: boolean
  options: readonly { value: string; label: string }[]
}): ReactElement {
  const { name, label, hint, start, value, onChange, options, isOptional = false } = props
  const drafted = useDrafted(name, start)
  return (
    <Labelled name={name} label={label} hint={hint}>
      {(ids) => (
        <select
          {...ids}
          name={name}
          {...(value === undefined ? { defaultValue: drafted } : { value })}
          required={!isOptional}
          onChange={(event) => onChange?.(event.currentTarget.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  )
}

/** A password, which may be looked at. */
export function PasswordField(props: { name: string; label: string; isNew?: boolean }): ReactElement {
  const { t } = usePortalWords()
  const { name, label, isNew = false } = props
  const [isShown, setShown] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  return (
    <Labelled name={name} label={label} hint={isNew ? t('field.passwordHint') : undefined}>
      {(ids) => (
        <span className="p-password">
          <input
            {...ids}
            ref={input}
            name={name}
            type={isShown ? 'text' : 'password'}
            required
            minLength={isNew ? 10 : undefined}
            autoComplete={isNew ? 'new-password' : 'current-password'}
            autoCapitalize="none"
            spellCheck={false}
          />
          <button
            type="button"
            className="p-icon-button"
            aria-pressed={isShown}
            aria-label={t('field.showPassword')}
            onClick={() => {
              setShown(!isShown)
              input.current?.focus()
            }}
          >
            <Icon name={isShown ? 'eyeOff' : 'eye'} />
          </button>
        </span>
      )}
    </Labelled>
  )
}
