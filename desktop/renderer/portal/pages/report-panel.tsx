import { useEffect, useState, type ReactElement, type RefObject } from 'react'
import type { SpaceKind } from '#shared/domain/space.ts'
import { LevelButtons, ReportAnswer, UndoButton, useFocusWhen } from '../../common/report-controls.tsx'
import { secondsLeft } from '../../common/times.ts'
import { Problem } from '../page-elements.tsx'
import { useActions, usePortal } from '../portal-context.ts'
import type { EarlierReport, ReportStep } from '../store.ts'
import { usePortalWords } from '../words.ts'

type StepHere = Exclude<ReportStep, { step: 'ask' }>

/** One tap reports how full it is; thanks, and five seconds to undo it. */
export function ReportPanel(props: { spaceId: number; name: string; kind: SpaceKind }): ReactElement {
  const report = usePortal((state) => state.report)
  const here: StepHere | null = report.step !== 'ask' && report.spaceId === props.spaceId ? report : null
  // Who came by the keyboard is taken to what takes the place of the pressed button; a finger is not.
  const [byKey, setByKey] = useState(false)
  useAnnouncements(here)
  if (here === null || here.step === 'saving')
    return <Question {...props} saving={here} byKey={byKey} onTap={setByKey} />
  return <Answer step={here} byKey={byKey} />
}

/** What a screen reader hears of it: each step once. */
function useAnnouncements(here: StepHere | null): void {
  const { announce } = useActions()
  const { t, place, level } = usePortalWords()
  const step = here?.step
  const reportedLevel = here !== null && here.step === 'thanks' ? here.level : null
  const isRepeat = here !== null && here.step === 'thanks' && here.isRepeat === true
  useEffect(() => {
    if (step === 'thanks' && reportedLevel !== null)
      announce(
        isRepeat
          ? place('report.alreadySaid', { level: level(reportedLevel) })
          : t('say.thanks', { level: level(reportedLevel) }),
      )
    if (step === 'undone') announce(t('say.undone'))
  }, [step, reportedLevel, isRepeat, announce, t, place, level])
}

function Question(props: {
  spaceId: number
  kind: SpaceKind
  saving: Extract<StepHere, { step: 'saving' }> | null
  byKey: boolean
  onTap: (byKey: boolean) => void
}): ReactElement {
  const { spaceId, kind, saving, byKey, onTap } = props
  const { place, short, t } = usePortalWords()
  const { report } = useActions()
  return (
    <section className="p-report" aria-labelledby="report-ask" aria-describedby="report-busy">
      <h2 id="report-ask">{place('door.ask')}</h2>
      <LevelButtons
        prefix="p-"
        saving={saving?.level ?? null}
        isDisabled={saving !== null}
        byKey={byKey}
        toneWord={short}
        onTap={(level, isByKey) => {
          if (saving !== null) return
          onTap(isByKey)
          void report(spaceId, level)
        }}
      />
      <p className="p-report-wait" role="status">
        {saving !== null && t(saving.isSlow ? 'wait.slow' : 'app.saving')}
      </p>
      <p id="report-busy" className="p-soft">
        {place(`busyMeans.${kind}`)}
      </p>
    </section>
  )
}

function Answer(props: { step: Exclude<StepHere, { step: 'saving' }>; byKey: boolean }): ReactElement {
  const { step, byKey } = props
  const { place, level, t } = usePortalWords()
  const { reportAgain, endReport } = useActions()
  const button = useFocusWhen<HTMLButtonElement>(byKey, step.step)
  if (step.step === 'undone') return <Undone earlier={step.earlier ?? null} button={button} />
  if (step.step === 'refused')
    return (
      <div className="p-report">
        <Problem refusal={step.refusal} onRetry={reportAgain}>
          {step.refusal.why === 'noAnswer' && <p>{t('wait.once')}</p>}
        </Problem>
        <button ref={button} type="button" className="p-button" onClick={endReport}>
          {t('app.back')}
        </button>
      </div>
    )
  if (step.step === 'undoing')
    return (
      <ReportAnswer
        prefix="p-"
        icon="undo"
        title={t('wait.undoing')}
        sentence={<p role="status">{step.isSlow && t('wait.slow')}</p>}
        isBusy
      />
    )
  const said = step.isRepeat === true ? 'report.alreadySaid' : 'report.said'
  return (
    <ReportAnswer
      prefix="p-"
      kind="thanks"
      icon="check"
      title={place('report.thanks')}
      sentence={<p>{place(said, { level: level(step.level) })}</p>}
    >
      <TimedUndo untilMs={step.undoUntilMs} button={button} />
    </ReportAnswer>
  )
}

/** An undone report – and where an earlier report of one's own counts again, that, and how to undo it too. [OCC-16] */
function Undone(props: {
  earlier: EarlierReport | null
  button: RefObject<HTMLButtonElement | null>
}): ReactElement {
  const { earlier, button } = props
  const { place, t, time, level } = usePortalWords()
  const { undo } = useActions()
  if (earlier === null) return <ReportAnswer prefix="p-" icon="undo" title={place('report.undone')} />
  const facts = { level: level(earlier.level), time: time(earlier.reportedAtMs) }
  return (
    <ReportAnswer
      prefix="p-"
      icon="undo"
      title={place('report.undone')}
      sentence={<p role="status">{t('reports.earlier', facts)}</p>}
    >
      <button ref={button} type="button" className="p-button p-button-undo" onClick={() => void undo()}>
        {t('reports.earlierToo')}
      </button>
    </ReportAnswer>
  )
}

/** The undo of a report, for as long as it is offered. */
function TimedUndo(props: { untilMs: number; button: RefObject<HTMLButtonElement | null> }): ReactElement {
  const { untilMs, button } = props
  const left = usePortal(({ nowMs }) => secondsLeft(untilMs, nowMs))
  const { undo } = useActions()
  const { place } = usePortalWords()
  return (
    <UndoButton
      prefix="p-"
      button={button}
      text={place('report.undo')}
      secondsLeft={left}
      secondsText={place('report.secondsLeft', { count: left })}
      onUndo={() => void undo()}
    />
  )
}
