import { useState, type ReactElement } from 'react'
import type { SpaceKind } from '#shared/domain/space.ts'
import { Countdown, LevelButtons, useFocusWhen } from '../common/report-controls.tsx'
import { Icon } from '../ui/icons.tsx'
import { useKioskHandle, useKiosk } from './kiosk-context.ts'
import { secondsLeft } from '../common/times.ts'
import type { ReportStep } from './session.ts'
import { useWords } from './words.ts'

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
  const { t, short } = useWords()
  const { actions } = useKioskHandle()
  const { spaceId, kind, saving, byKey, onTap } = props
  return (
    <div className="report" role="group" aria-labelledby="report-question" aria-describedby="report-busy">
      <div className="report-lines">
        <h2 id="report-question">{t('door.ask')}</h2>
        <p id="report-busy">{saving?.isSlow === true ? t('report.slow') : t(`busyMeans.${kind}`)}</p>
      </div>
      <LevelButtons
        prefix=""
        saving={saving?.level ?? null}
        byKey={byKey}
        toneWord={short}
        onTap={(level, isByKey) => {
          onTap(isByKey)
          void actions.report(spaceId, level)
        }}
      />
    </div>
  )
}

type Answered = Exclude<ReportStep, { step: 'ask' | 'saving' }>

function Answer({ report, byKey }: { report: Answered; byKey: boolean }): ReactElement {
  const { actions } = useKioskHandle()
  const { t, level, refusal } = useWords()
  const button = useFocusWhen<HTMLButtonElement>(byKey, report.step)
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
        <UndoCountdown untilMs={report.undoUntilMs} />
      </button>
    </div>
  )
}

/** How long it can be undone. */
function UndoCountdown({ untilMs }: { untilMs: number }): ReactElement {
  const left = useKiosk((state) => secondsLeft(untilMs, state.elapsedMs))
  const { t } = useWords()
  return <Countdown prefix="" secondsLeft={left} text={t('report.secondsLeft', { count: left })} />
}
