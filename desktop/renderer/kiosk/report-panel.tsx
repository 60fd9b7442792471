import { useState, type ReactElement } from 'react'
import type { Level } from '#shared/domain/occupancy.ts'
import type { SpaceKind } from '#shared/domain/space.ts'
import { AnswerButton, LevelButtons, ReportAnswer, UndoButton } from '../common/report-controls.tsx'
import { useTapGuard } from '../common/tap-guard.ts'
import { useKioskHandle, useKiosk } from './kiosk-context.ts'
import { secondsLeft } from '../common/times.ts'
import type { ReportStep } from './session.ts'
import { useWords } from './words.ts'

/** Asks how full a place is; one tap answers, and the answer takes the buttons' place until the time for an undo is over. */
export function ReportPanel(props: { spaceId: number; kind: SpaceKind }): ReactElement {
  // Another place's buttons come anew: nothing stood there that a tap could have been meant for.
  return <PlaceReport key={props.spaceId} {...props} />
}

function PlaceReport(props: { spaceId: number; kind: SpaceKind }): ReactElement {
  const report = useKiosk((state) => state.session.report)
  const mine = 'spaceId' in report && report.spaceId === props.spaceId ? report : null
  // Keys lead on: who reported by a key finds the focus on Undo, and back on that level.
  const [keyLevel, setKeyLevel] = useState<Level | null>(null)
  const answer = mine === null || mine.step === 'saving' ? null : mine
  const isCovered = useKiosk((state) => state.session.overlay !== null) || answer !== null
  const isGuarded = useTapGuard(isCovered)
  if (answer !== null) return <Answer report={answer} byKey={keyLevel !== null} />
  const saving = mine?.step === 'saving' ? mine : null
  return <Question {...props} saving={saving} isGuarded={isGuarded} keyLevel={keyLevel} onTap={setKeyLevel} />
}

function Question(props: {
  spaceId: number
  kind: SpaceKind
  saving: Extract<ReportStep, { step: 'saving' }> | null
  isGuarded: boolean
  keyLevel: Level | null
  onTap: (keyLevel: Level | null) => void
}): ReactElement {
  const { t, short } = useWords()
  const { actions } = useKioskHandle()
  const { spaceId, kind, saving, isGuarded, keyLevel, onTap } = props
  return (
    <div className="report" role="group" aria-labelledby="report-question" aria-describedby="report-busy">
      <div className="report-lines">
        <h2 id="report-question">{t('door.ask')}</h2>
        <p id="report-busy">{saving?.isSlow === true ? t('report.slow') : t(`busyMeans.${kind}`)}</p>
      </div>
      <LevelButtons
        prefix=""
        saving={saving?.level ?? null}
        isGuarded={isGuarded}
        focusOn={keyLevel}
        toneWord={short}
        onTap={(level, isByKey) => {
          onTap(isByKey ? level : null)
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
  const { step } = report
  const common = { prefix: '', byKey, step } as const
  if (step === 'undone' || step === 'undoing')
    return <ReportAnswer {...common} icon="undo" title={t(`report.${step}`)} />
  if (step === 'alreadySaid')
    return (
      <ReportAnswer
        {...common}
        kind="thanks"
        icon="check"
        title={t('report.thanks')}
        sentence={<p>{t('report.alreadySaid', { level: level(report.level) })}</p>}
      />
    )
  if (step === 'refused')
    return (
      <ReportAnswer
        {...common}
        kind="refused"
        icon="alert"
        title={t('report.refusedTitle')}
        sentence={<p>{refusal(report.refusal.why)}</p>}
      >
        <AnswerButton prefix="" onPress={actions.dismissReport}>
          {t('report.dismiss')}
        </AnswerButton>
      </ReportAnswer>
    )
  return (
    <ReportAnswer
      {...common}
      kind="thanks"
      icon="check"
      title={t('report.thanks')}
      sentence={<p>{t('report.said', { level: level(report.level) })}</p>}
    >
      <TimedUndo untilMs={report.undoUntilMs} />
    </ReportAnswer>
  )
}

/** The undo of a report, for as long as it is offered. */
function TimedUndo({ untilMs }: { untilMs: number }): ReactElement {
  const left = useKiosk((state) => secondsLeft(untilMs, state.elapsedMs))
  const { actions } = useKioskHandle()
  const { t } = useWords()
  return (
    <UndoButton
      prefix=""
      text={t('report.undo')}
      secondsLeft={left}
      secondsText={t('report.secondsLeft', { count: left })}
      onUndo={() => void actions.undo()}
    />
  )
}
