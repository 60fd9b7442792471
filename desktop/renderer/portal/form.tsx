import {
  createContext,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
  type ReactElement,
  type ReactNode,
  type SubmitEvent,
} from 'react'
import { Icon } from '../ui/icons.tsx'
import type { Refusal } from './api.ts'
import { DraftContext, useDraft, useDrafted } from './draft.ts'
import { faultOf, faultText, fieldOf, type Fault } from './field-fault.ts'
import { Problem, useSlow } from './parts.tsx'
import { folded } from './places.ts'
import { usePortalWords } from './words.ts'

const FaultContext = createContext<Fault | null>(null)

/** What a form gives back: what the hub had against it, or null when all is well. */
export type Send = (values: FormValues) => Promise<Refusal | null>

/** Values of a form by the names of its fields; text without spaces around it, passwords as they are. */
export interface FormValues {
  text(name: string): string
  password(name: string): string
  has(name: string): boolean
}

function valuesOf(form: HTMLFormElement): FormValues {
  const data = new FormData(form)
  const read = (name: string): string => {
    const value = data.get(name)
    return typeof value === 'string' ? value : ''
  }
  return { text: (name) => read(name).trim(), password: read, has: (name) => data.has(name) }
}

/** Sends once at a time, and keeps what was refused until the next try. Seconds to wait are counted down. */
function useSending(send: Send): {
  isBusy: boolean
  refusal: Refusal | null
  waitS: number
  start(values: FormValues): Promise<Refusal | null>
} {
  const [isBusy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const [waitS, setWait] = useState(0)
  useEffect(() => {
    if (waitS <= 0) return
    const timer = window.setTimeout(() => setWait(waitS - 1), 1_000)
    return () => window.clearTimeout(timer)
  }, [waitS])
  const start = async (values: FormValues): Promise<Refusal | null> => {
    if (isBusy || waitS > 0) return null
    setBusy(true)
    setRefusal(null)
    const refused = await send(values)
    setBusy(false)
    setRefusal(refused)
    setWait(refused?.why === 'tooMany' ? (refused.retryAfterS ?? 0) : 0)
    return refused
  }
  return { isBusy, refusal, waitS, start }
}

/** A form with one button: says what is missing, what was refused, and when trying again makes sense. */
export function Form(props: {
  send: Send
  go: string
  going?: string
  isDanger?: boolean
  /** Not what the page is there for. */
  isPlain?: boolean
  /** What to do about some refusals, beside their own words. */
  hints?: Partial<Record<Refusal['why'], ReactNode>>
  /** Stands beside the button. */
  more?: ReactNode
  /** Under this name what is filled in waits while somebody looks at another page. Passwords: never. [POR-15] */
  draft?: string
  children?: ReactNode
}): ReactElement {
  const { t, refusal: words } = usePortalWords()
  const { draft, keep, discard } = useDraft(props.draft)
  const { isBusy, refusal, waitS, start } = useSending(props.send)
  const isSlow = useSlow(isBusy)
  const [fault, setFault] = useState<Fault | null>(null)
  const isOfField = ({ why }: Refusal): boolean =>
    why !== 'passwordRefused' && props.hints?.[why] === undefined
  /** What the hub has against one field stands at that field, and the writer is taken there. [POR-19] */
  const pointAt = (form: HTMLFormElement, refused: Refusal): void => {
    const field = isOfField(refused) ? fieldOf(form, refused) : null
    const name = field?.getAttribute('name') ?? null
    if (field === null || name === null) return
    setFault({ name, why: 'refused', min: '', max: '', text: words(refused) })
    field.focus()
  }
  const sendIn = async (form: HTMLFormElement): Promise<void> => {
    const refused = await start(valuesOf(form))
    if (refused !== null) pointAt(form, refused)
  }
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = event.currentTarget
    const wrong = form.querySelector<HTMLInputElement>('input:invalid, select:invalid, textarea:invalid')
    setFault(wrong === null ? null : faultOf(wrong))
    if (wrong === null) void sendIn(form)
    else wrong.focus()
  }
  const word = waitS > 0 ? t('app.retryIn', { count: waitS }) : isBusy ? (props.going ?? props.go) : props.go
  return (
    <form
      key={draft.round}
      className="p-form"
      noValidate
      onSubmit={submit}
      aria-busy={isBusy}
      {...(keep === null ? {} : { onInput: (event) => keep(event.currentTarget) })}
    >
      <FaultContext value={fault}>
        <DraftContext value={draft.start}>{props.children}</DraftContext>
      </FaultContext>
      {refusal !== null && fault?.why !== 'refused' && (
        <Problem refusal={refusal}>{props.hints?.[refusal.why]}</Problem>
      )}
      <p className="p-soft p-form-wait" role="status">
        {isSlow && t('wait.slow')}
      </p>
      <div className="p-form-foot">
        <button type="submit" className={buttonClass(props)} aria-disabled={isBusy || waitS > 0}>
          {isBusy && <span className="p-spinner" aria-hidden="true" />}
          {word}
        </button>
        {props.more}
        {draft.isKept && (
          <button type="button" className="p-button" onClick={discard}>
            {t('app.startOver')}
          </button>
        )}
      </div>
    </form>
  )
}

function buttonClass({
  isDanger = false,
  isPlain = false,
}: {
  isDanger?: boolean
  isPlain?: boolean
}): string {
  if (isDanger) return 'p-button p-button-danger'
  return isPlain ? 'p-button' : 'p-button p-button-main'
}

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
  const fault = useContext(FaultContext)
  const isWrong = fault?.name === props.name
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

/** Several lines of text; never required. */
export function TextArea(props: {
  name: string
  label: string
  hint?: string
  start: string
  maxLength: number
}): ReactElement {
  const { name, label, hint, start, maxLength } = props
  const drafted = useDrafted(name, start)
  return (
    <Labelled name={name} label={label} hint={hint} isOptional>
      {(ids) => <textarea {...ids} name={name} rows={3} defaultValue={drafted} maxLength={maxLength} />}
    </Labelled>
  )
}

/** One of a few. With `value` the page says which is chosen, and hears of another choice. */
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
