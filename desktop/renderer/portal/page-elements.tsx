import { useEffect, useId, useState, type ReactElement, type ReactNode } from 'react'
import { Link } from 'wouter'
import { Dialog } from '../common/dialog.tsx'
import { StateMark } from '../common/report-controls.tsx'
import { Icon, type IconName } from '../ui/icons.tsx'
import { Shape, type Tone } from '../ui/shapes.tsx'
import { isTransient, SLOW_MS } from './actions.ts'
import type { Refusal } from './api.ts'
import { usePortalWords } from './words.ts'

/** The title of a page; what a screen reader is taken to when the page changes. */
export function PageHead(props: {
  title: string
  lead?: string
  /** `isNarrow`: only where the ways to all pages are not beside it. */
  back?: { to: string; label: string; isNarrow?: boolean }
  children?: ReactNode
}): ReactElement {
  return (
    <header className="p-page-head">
      {props.back !== undefined && (
        <Link
          href={props.back.to}
          className={props.back.isNarrow === true ? 'p-back p-narrow-only' : 'p-back'}
        >
          <Icon name="back" />
          {props.back.label}
        </Link>
      )}
      <div className="p-page-title">
        <h1 tabIndex={-1}>{props.title}</h1>
        {props.children}
      </div>
      {props.lead !== undefined && <p className="p-lead">{props.lead}</p>}
    </header>
  )
}

/** A part of a page with a heading of its own. */
export function Card(props: { title: string; lead?: string; children?: ReactNode }): ReactElement {
  const id = useId()
  return (
    <section className="p-card" aria-labelledby={id}>
      <h2 id={id}>{props.title}</h2>
      {props.lead !== undefined && <p className="p-soft">{props.lead}</p>}
      {props.children}
    </section>
  )
}

/** A sentence that stands out: a success, a hint, a warning. */
export function Notice(props: { kind: 'good' | 'hint' | 'bad'; children: ReactNode }): ReactElement {
  const icon: IconName = props.kind === 'good' ? 'check' : props.kind === 'bad' ? 'alert' : 'service'
  return (
    <div className="p-notice" data-kind={props.kind}>
      <Icon name={icon} />
      <div>{props.children}</div>
    </div>
  )
}

/** What the hub had against something, and what to do; read out at once. */
export function Problem(props: {
  refusal: Refusal
  /** Instead of the usual words for it. */
  text?: string | null
  onRetry?: () => void
  children?: ReactNode
}): ReactElement {
  const { t, refusal } = usePortalWords()
  const { why, faults = [], retryAfterS } = props.refusal
  const isPasswords = why === 'passwordRefused' && faults.length > 0
  return (
    <div className="p-notice" data-kind="bad" role="alert">
      <Icon name={why === 'offline' || why === 'noAnswer' ? 'offline' : 'alert'} />
      <div>
        <p>{isPasswords ? t('refusal.passwordRefused') : (props.text ?? refusal(props.refusal))}</p>
        {isPasswords && (
          <ul className="p-faults">
            {faults.map((fault) => (
              <li key={fault}>{t(`passwordFault.${fault}`)}</li>
            ))}
          </ul>
        )}
        {retryAfterS !== null && why !== 'tooMany' && <p>{t('app.retryIn', { count: retryAfterS })}</p>}
        {props.children}
        {props.onRetry !== undefined && isTransient(props.refusal) && (
          <button type="button" className="p-button" onClick={props.onRetry}>
            {t('app.retry')}
          </button>
        )}
      </div>
    </div>
  )
}

/** Nothing is here yet, and what to do about it. */
export function Empty(props: {
  tone?: Tone
  title: string
  hint?: string
  /** It is all that the page has: then its title is the page's. */
  isPage?: boolean
  children?: ReactNode
}): ReactElement {
  const Title = props.isPage === true ? 'h1' : 'h2'
  return (
    <div className="p-empty">
      <Shape tone={props.tone ?? 'free'} />
      <Title className="p-empty-title" {...(props.isPage === true ? { tabIndex: -1 } : {})}>
        {props.title}
      </Title>
      {props.hint !== undefined && <p className="p-soft">{props.hint}</p>}
      {props.children}
    </div>
  )
}

/** Whether something has been going on for so long that the page says so. [POR-9] */
export function useSlow(isOn: boolean): boolean {
  const [isSlow, setSlow] = useState(false)
  useEffect(() => {
    if (!isOn) return
    const timer = window.setTimeout(() => setSlow(true), SLOW_MS)
    return () => {
      window.clearTimeout(timer)
      setSlow(false)
    }
  }, [isOn])
  return isOn && isSlow
}

/** Something is being fetched: its outline, standing still for who wants no motion. */
export function Loading({ rows = 5 }: { rows?: number }): ReactElement {
  const { t } = usePortalWords()
  const isSlow = useSlow(true)
  return (
    <div className="p-loading" role="status">
      {isSlow ? <p>{t('wait.slow')}</p> : <span className="hidden">{t('app.loading')}</span>}
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} className="p-bone" aria-hidden="true" />
      ))}
    </div>
  )
}

/** `StateMark` as the portal styles it. */
export function Mark({ tone }: { tone: Tone }): ReactElement {
  return <StateMark prefix="p-" tone={tone} />
}

/** A question over the page. Escape and the button close it. */
export function Question(props: { title: string; onClose: () => void; children: ReactNode }): ReactElement {
  const { t } = usePortalWords()
  const id = useId()
  return (
    // To what is to be filled in, else to the question: never to the button that closes it.
    <Dialog
      className="p-dialog"
      titleId={id}
      focusOn={['input, select, textarea', 'h2']}
      onClose={props.onClose}
    >
      <div className="p-dialog-head">
        <h2 id={id} tabIndex={-1}>
          {props.title}
        </h2>
        <button type="button" className="p-icon-button" aria-label={t('app.close')} onClick={props.onClose}>
          <Icon name="close" />
        </button>
      </div>
      {props.children}
    </Dialog>
  )
}
