import { useEffect, useState, type ReactElement, type ReactNode, type SubmitEvent } from 'react'
import type { Refusal } from './api.ts'
import { DraftContext, FaultContext, faultsOf, fieldOf, focusField, type FieldFault } from './fields.tsx'
import { Problem, useSlow } from './page-elements.tsx'
import { useActions, usePortal } from './portal-context.ts'
import type { Draft } from './store.ts'
import { usePortalWords } from './words.ts'

/** What a form gives back: what the hub had against it, or null when all is well. */
export type Send = (values: FormValues) => Promise<Refusal | null>

/** Values of a form by the names of its fields; text in one line, without spaces around it, passwords as they are. */
export interface FormValues {
  text(name: string): string
  password(name: string): string
  /** A text of several lines, as it was typed. */
  lines(name: string): string
  has(name: string): boolean
}

/** What a form has now. */
export function valuesOf(form: HTMLFormElement): FormValues {
  const data = new FormData(form)
  const read = (name: string): string => {
    const value = data.get(name)
    return typeof value === 'string' ? value : ''
  }
  // People write notes in several lines; what is stored of a place is one. [TRE-2]
  const lineOf = (name: string): string => read(name).replaceAll(/\s+/g, ' ').trim()
  return { text: lineOf, password: read, lines: read, has: (name) => data.has(name) }
}

/** Sends once at a time, and keeps what was refused until the next try. Seconds to wait are counted down. */
function useSending(send: Send): {
  isBusy: boolean
  refusal: Refusal | null
  waitS: number
  start(values: FormValues): Promise<Refusal | null>
  /** What was refused is said no more: the writer is at something else. */
  forget(): void
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
  return { isBusy, refusal, waitS, start, forget: () => setRefusal(null) }
}

/** What a form begins with, how it keeps what is filled in, and how that is thrown away. */
function useDraft(name: string | undefined): {
  draft: { start: Draft | null; isKept: boolean; round: number }
  save: ((form: HTMLFormElement) => void) | null
  discard: () => void
} {
  const { draft: put } = useActions()
  const kept = usePortal(({ drafts }) => (name === undefined ? undefined : drafts[name]))
  const [{ start, round }, setStart] = useState({ start: kept ?? null, round: 0 })
  const save = (form: HTMLFormElement): void => {
    const values = [...new FormData(form)].filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string',
    )
    if (name !== undefined) put(name, Object.fromEntries(values))
  }
  const discard = (): void => {
    if (name !== undefined) put(name, null)
    setStart({ start: null, round: round + 1 })
  }
  return {
    draft: { start, isKept: kept !== undefined, round },
    save: name === undefined ? null : save,
    discard,
  }
}

/** A form with one button: says what is missing, what was refused, and when trying again makes sense. */
export function Form(props: {
  send: Send
  go: string
  going?: string
  isDanger?: boolean
  /** It asks for the password: others wait for it, and not for the hub. */
  isPasswordAsked?: boolean
  /** Not what the page is there for. */
  isPlain?: boolean
  /** What to do about some refusals, beside their own words. */
  hints?: Partial<Record<Refusal['why'], ReactNode>>
  /** What this form says of a refusal where the usual words would say something else; null: those. */
  say?: (refusal: Refusal, values: FormValues) => string | null
  /** Stands beside the button. */
  more?: ReactNode
  /** Under this name what is filled in waits while somebody looks at another page. Passwords: never. [POR-15] */
  draft?: string
  /** What was filled in is thrown away. */
  onDiscard?: () => void
  children?: ReactNode
}): ReactElement {
  const { t, refusal: words } = usePortalWords()
  const { draft, save, discard } = useDraft(props.draft)
  const { isBusy, refusal, waitS, start, forget } = useSending(props.send)
  const isAsking = usePortal(({ asking }) => asking !== null)
  const isSlow = useSlow(isBusy && (props.isPasswordAsked === true || !isAsking))
  const [said, setSaid] = useState<string | null>(null)
  const [faults, setFaults] = useState<readonly FieldFault[]>([])
  const isOfField = ({ why }: Refusal): boolean =>
    why !== 'passwordRefused' && props.hints?.[why] === undefined
  /** What the hub has against one field stands at that field, and the writer is taken there. [POR-19] */
  const pointAt = (form: HTMLFormElement, refused: Refusal, text: string): void => {
    const field = isOfField(refused) ? fieldOf(form, refused) : null
    const name = field?.getAttribute('name') ?? null
    if (field === null || name === null) return
    setFaults([{ name, why: 'refused', min: '', max: '', text }])
    focusField(field)
  }
  const sendIn = async (form: HTMLFormElement): Promise<void> => {
    const values = valuesOf(form)
    const refused = await start(values)
    if (refused === null) return
    const text = props.say?.(refused, values) ?? null
    setSaid(text)
    pointAt(form, refused, text ?? words(refused))
  }
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = event.currentTarget
    const wrong = [
      ...form.querySelectorAll<HTMLInputElement>('input:invalid, select:invalid, textarea:invalid'),
    ]
    setFaults(faultsOf(wrong))
    const [first] = wrong
    if (first === undefined) return void sendIn(form)
    // What was refused before may be about what was corrected meanwhile. [POR-17]
    forget()
    focusField(first)
  }
  const word = waitS > 0 ? t('app.retryIn', { count: waitS }) : isBusy ? (props.going ?? props.go) : props.go
  return (
    <form
      key={draft.round}
      className="p-form"
      noValidate
      onSubmit={submit}
      aria-busy={isBusy}
      {...(save === null ? {} : { onInput: (event) => save(event.currentTarget) })}
    >
      <FaultContext value={faults}>
        <DraftContext value={draft.start}>{props.children}</DraftContext>
      </FaultContext>
      {refusal !== null && !faults.some(({ why }) => why === 'refused') && (
        <Problem refusal={refusal} text={said}>
          {props.hints?.[refusal.why]}
        </Problem>
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
          <button
            type="button"
            className="p-button"
            onClick={() => {
              discard()
              props.onDiscard?.()
            }}
          >
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
