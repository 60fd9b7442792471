import { useEffect, useRef, useState, type ReactElement } from 'react'
import type { SpaceKind } from '#shared/domain/space.ts'
import { Icon } from '../ui/icons.tsx'
import { Shape } from '../ui/shapes.tsx'
import { useHandle, useKiosk } from './kiosk-context.ts'
import { secondsLeft, type ReportStep } from './session.ts'
import { useWords } from './use-words.ts'

const LEVELS = [
  { level: 0, tone: 'free' },
  { level: 1, tone: 'busy' },
  { level: 2, tone: 'full' },
] as const

/** Asks how full a place is; one tap answers, and the answer takes the buttons' place until it can be undone no more. */
export function ReportPanel(props: { spaceId: number; name: string; kind: SpaceKind }): ReactElement {
  const report = useKiosk((state) => state.session.report)
  const mine = 'spaceId' in report && report.spaceId === props.spaceId ? report : null
  // Keys lead on: who reported by a key finds the focus on Undo, and back on the buttons.
  const [byKey, setByKey] = useState(false)
  if (mine === null || mine.step === 'saving')
    return <Question {...props} saving={mine} byKey={byKey} onTap={setByKey} />
  return <Answer report={mine} byKey={byKey} />
}

function Question(props: {
  spaceId: number
  kind: SpaceKind
  saving: Extract<ReportStep, { step: 'saving' }> | null
  byKey: boolean
  onTap: (byKey: boolean) => void
}): ReactElement {
  const { t, tone } = useWords()
  const { actions } = useHandle()
  const { spaceId, kind, saving, byKey, onTap } = props
  const first = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (byKey) first.current?.focus()
  }, [byKey])
  const tap = (level: (typeof LEVELS)[number]['level']): void => {
    onTap(document.activeElement?.matches(':focus-visible') ?? false)
    void actions.report(spaceId, level)
  }
  return (
    <div className="report" role="group" aria-labelledby="report-question" aria-describedby="report-busy">
      <div className="report-lines">
        <h2 id="report-question">{t('door.ask')}</h2>
        <p id="report-busy">{saving?.isSlow === true ? t('report.slow') : t(`busyMeans.${kind}`)}</p>
      </div>
      <div className="report-buttons">
        {LEVELS.map(({ level, tone: of }, index) => (
          <button
            key={level}
            ref={index === 0 ? first : null}
            type="button"
            className="report-button"
            data-tone={of}
            data-saving={saving?.level === level}
            onClick={() => tap(level)}
          >
            <span className="mark">
              <Shape tone={of} />
            </span>
            <span>{tone(of)}</span>
          </button>
        ))}
      </div>
    </div>
  )
}

type Answered = Exclude<ReportStep, { step: 'ask' | 'saving' }>

function Answer({ report, byKey }: { report: Answered; byKey: boolean }): ReactElement {
  const { actions } = useHandle()
  const { t, level, refusal } = useWords()
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (byKey) button.current?.focus()
  }, [byKey])
  if (report.step === 'undone' || report.step === 'undoing')
    return (
      <div className="answer">
        <Icon name="undo" />
        <h2 className="answer-title">{t(`report.${report.step}`)}</h2>
      </div>
    )
  if (report.step === 'noted')
    return (
      <div className="answer" data-kind="thanks">
        <Icon name="check" />
        <div className="answer-words">
          <h2 className="answer-title">{t('report.thanks')}</h2>
          <p>{t('report.alreadySaid', { level: level(report.level) })}</p>
        </div>
      </div>
    )
  if (report.step === 'refused')
    return (
      <div className="answer" data-kind="refused">
        <Icon name="alert" />
        <div className="answer-words">
          <h2 className="answer-title">{t('report.refusedTitle')}</h2>
          <p>{refusal(report.refusal.why)}</p>
        </div>
        <button ref={button} type="button" className="button" onClick={actions.dismissReport}>
          {t('report.dismiss')}
        </button>
      </div>
    )
  return (
    <div className="answer" data-kind="thanks">
      <Icon name="check" />
      <div className="answer-words">
        <h2 className="answer-title">{t('report.thanks')}</h2>
        <p>{t('report.said', { level: level(report.level) })}</p>
      </div>
      <button ref={button} type="button" className="button button-undo" onClick={() => void actions.undo()}>
        <Icon name="undo" />
        <span>{t('report.undo')}</span>
        <Countdown untilMs={report.undoUntilMs} />
      </button>
    </div>
  )
}

const PIPS = [1, 2, 3, 4, 5]

/** Seconds that are left, as pips that go out one by one: nothing moves or flashes. */
function Countdown({ untilMs }: { untilMs: number }): ReactElement {
  const left = useKiosk((state) => secondsLeft(untilMs, state.elapsedMs))
  const { t } = useWords()
  return (
    <span className="pips">
      <span className="hidden">{t('report.secondsLeft', { count: left })}</span>
      {PIPS.map((pip) => (
        <span key={pip} className="pip" data-on={pip <= left} aria-hidden="true" />
      ))}
    </span>
  )
}
