import { useEffect, useState, type ReactElement } from 'react'
import type { Level } from '#shared/domain/occupancy.ts'
import type { SpaceKind } from '#shared/domain/space.ts'
import {
  AnswerButton,
  LevelButtons,
  ReportAnswer,
  UndoButton,
  useAnswerFocus,
} from '../../common/report-controls.tsx'
import { useTapGuard } from '../../common/tap-guard.ts'
import { secondsLeft } from '../../common/times.ts'
import { Problem } from '../page-elements.tsx'
import { useActions, usePortal } from '../portal-context.ts'
import type { EarlierReport, ReportStep } from '../store.ts'
import { usePortalWords } from '../words.ts'

type StepHere = Exclude<ReportStep, { step: 'ask' }>

/** One tap reports how full it is; thanks, and five seconds to undo it. */
export function ReportPanel(props: { spaceId: number; kind: SpaceKind }): ReactElement {
  // Another place's buttons come anew: nothing stood there that a tap could have been meant for.
  return <PlaceReport key={props.spaceId} {...props} />
}

function PlaceReport(props: { spaceId: number; kind: SpaceKind }): ReactElement {
  const report = usePortal((state) => state.report)
  const here: StepHere | null = report.step !== 'ask' && report.spaceId === props.spaceId ? report : null
  // Who came by the keyboard is taken to what takes the place of the pressed button, and back to that; a finger is not.
  const [keyLevel, setKeyLevel] = useState<Level | null>(null)
  const answer = here === null || here.step === 'saving' ? null : here
  const isGuarded = useTapGuard(answer !== null)
  useAnnouncements(here)
  if (answer !== null) return <Answer step={answer} byKey={keyLevel !== null} />
  const saving = here?.step === 'saving' ? here : null
  return <Question {...props} saving={saving} isGuarded={isGuarded} keyLevel={keyLevel} onTap={setKeyLevel} />
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
  isGuarded: boolean
  keyLevel: Level | null
  onTap: (keyLevel: Level | null) => void
}): ReactElement {
  const { spaceId, kind, saving, isGuarded, keyLevel, onTap } = props
  const { place, short, t } = usePortalWords()
  const { report } = useActions()
  return (
    <section className="p-report" aria-labelledby="report-ask" aria-describedby="report-busy">
      <h2 id="report-ask">{place('door.ask')}</h2>
      <LevelButtons
        prefix="p-"
        saving={saving?.level ?? null}
        isDisabled={saving !== null}
        isGuarded={isGuarded}
        focusOn={keyLevel}
        toneWord={short}
        onTap={(level, isByKey) => {
          if (saving !== null) return
          onTap(isByKey ? level : null)
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
  const common = { prefix: 'p-', byKey, step: step.step } as const
  if (step.step === 'undone') return <Undone earlier={step.earlier ?? null} byKey={byKey} />
  if (step.step === 'refused') return <Refused step={step} byKey={byKey} />
  if (step.step === 'undoing')
    return (
      <ReportAnswer
        {...common}
        icon="undo"
        title={t('wait.undoing')}
        sentence={<p role="status">{step.isSlow && t('wait.slow')}</p>}
        isBusy
      />
    )
  const said = step.isRepeat === true ? 'report.alreadySaid' : 'report.said'
  return (
    <ReportAnswer
      {...common}
      kind="thanks"
      icon="check"
      title={place('report.thanks')}
      sentence={<p>{place(said, { level: level(step.level) })}</p>}
    >
      <TimedUndo untilMs={step.undoUntilMs} />
    </ReportAnswer>
  )
}

function Refused(props: { step: Extract<StepHere, { step: 'refused' }>; byKey: boolean }): ReactElement {
  const { refusal, step } = props.step
  const { t } = usePortalWords()
  const { reportAgain, endReport } = useActions()
  const answer = useAnswerFocus(props.byKey, step)
  return (
    <div ref={answer} className="p-report">
      <Problem refusal={refusal} onRetry={reportAgain}>
        {refusal.why === 'noAnswer' && <p>{t('wait.once')}</p>}
      </Problem>
      <AnswerButton prefix="p-" onPress={endReport}>
        {t('app.back')}
      </AnswerButton>
    </div>
  )
}

/** An undone report – and where an earlier report of one's own counts again, that, and how to undo it too. [OCC-16] */
function Undone({ earlier, byKey }: { earlier: EarlierReport | null; byKey: boolean }): ReactElement {
  const { place, t, time, level } = usePortalWords()
  const { undo } = useActions()
  const common = { prefix: 'p-', byKey, step: 'undone', icon: 'undo', title: place('report.undone') } as const
  if (earlier === null) return <ReportAnswer {...common} />
  const facts = { level: level(earlier.level), time: time(earlier.reportedAtMs) }
  return (
    <ReportAnswer {...common} sentence={<p role="status">{t('reports.earlier', facts)}</p>}>
      <AnswerButton prefix="p-" isUndo onPress={() => void undo()}>
        {t('reports.earlierToo')}
      </AnswerButton>
    </ReportAnswer>
  )
}

/** The undo of a report, for as long as it is offered. */
function TimedUndo({ untilMs }: { untilMs: number }): ReactElement {
  const left = usePortal(({ nowMs }) => secondsLeft(untilMs, nowMs))
  const { undo } = useActions()
  const { place } = usePortalWords()
  return (
    <UndoButton
      prefix="p-"
      text={place('report.undo')}
      secondsLeft={left}
      secondsText={place('report.secondsLeft', { count: left })}
      onUndo={() => void undo()}
    />
  )
}
