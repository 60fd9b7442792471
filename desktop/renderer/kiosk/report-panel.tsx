import { useState, type ReactElement, type RefObject } from 'react'
import type { SpaceKind } from '#shared/domain/space.ts'
import { LevelButtons, ReportAnswer, UndoButton, useFocusWhen } from '../common/report-controls.tsx'
import { useKioskHandle, useKiosk } from './kiosk-context.ts'
import { secondsLeft } from '../common/times.ts'
import type { ReportStep } from './session.ts'
import { useWords } from './words.ts'

/** Asks how full a place is; one tap answers, and the answer takes the buttons' place until the time for an undo is over. */
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
    return <ReportAnswer prefix="" icon="undo" title={t(`report.${report.step}`)} />
  if (report.step === 'alreadySaid')
    return (
      <ReportAnswer
        prefix=""
        kind="thanks"
        icon="check"
        title={t('report.thanks')}
        sentence={<p>{t('report.alreadySaid', { level: level(report.level) })}</p>}
      />
    )
  if (report.step === 'refused')
    return (
      <ReportAnswer
        prefix=""
        kind="refused"
        icon="alert"
        title={t('report.refusedTitle')}
        sentence={<p>{refusal(report.refusal.why)}</p>}
      >
        <button ref={button} type="button" className="button" onClick={actions.dismissReport}>
          {t('report.dismiss')}
        </button>
      </ReportAnswer>
    )
  return (
    <ReportAnswer
      prefix=""
      kind="thanks"
      icon="check"
      title={t('report.thanks')}
      sentence={<p>{t('report.said', { level: level(report.level) })}</p>}
    >
      <TimedUndo untilMs={report.undoUntilMs} button={button} />
    </ReportAnswer>
  )
}

/** The undo of a report, for as long as it is offered. */
function TimedUndo(props: { untilMs: number; button: RefObject<HTMLButtonElement | null> }): ReactElement {
  const { untilMs, button } = props
  const left = useKiosk((state) => secondsLeft(untilMs, state.elapsedMs))
  const { actions } = useKioskHandle()
  const { t } = useWords()
  return (
    <UndoButton
      prefix=""
      button={button}
      text={t('report.undo')}
      secondsLeft={left}
      secondsText={t('report.secondsLeft', { count: left })}
      onUndo={() => void actions.undo()}
    />
  )
}
