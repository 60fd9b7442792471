import type { ReactElement, ReactNode } from 'react'
import { Icon, type IconName } from '../ui/icons.tsx'
import { CodePad } from './code-pad.tsx'
import { useKiosk } from './kiosk-context.ts'
import type { SetupScreen } from './setup-screen.ts'
import { Toolbar } from './toolbar.tsx'
import { useWords } from './words.ts'

/** What a screen says while it has no assigned space to show. */
export function SetupPage({ screen }: { screen: SetupScreen }): ReactElement {
  const hasPad = screen.name === 'notEnrolled' || (screen.name === 'revoked' && screen.canEnrol)
  return (
    <div className="setup" data-screen={screen.name}>
      <main className="setup-main" data-pad={hasPad}>
        <SetupWords screen={screen} hasIcon={!hasPad} />
        {hasPad && <CodePad />}
      </main>
      <Toolbar
        reach="never"
        hasService={screen.name === 'spaceGone' || (screen.name === 'revoked' && !screen.canEnrol)}
      />
    </div>
  )
}

const ICONS: Record<SetupScreen['name'], IconName> = {
  starting: 'clock',
  engineAway: 'offline',
  engineRefused: 'alert',
  configError: 'alert',
  storeError: 'alert',
  notEnrolled: 'way',
  revoked: 'close',
  moved: 'way',
  spaceGone: 'close',
}

function SetupWords({ screen, hasIcon }: { screen: SetupScreen; hasIcon: boolean }): ReactElement {
  const { t } = useWords()
  const body = (): ReactNode => {
    switch (screen.name) {
      case 'starting':
        return <p>{t(screen.isAssignmentRefused === true ? 'alarm.assignment' : 'setup.startingBody')}</p>
      case 'engineAway':
        return (
          <>
            <p>{t('setup.engineAwayBody')}</p>
            <LostReport />
          </>
        )
      case 'engineRefused':
        return <p>{t('setup.engineRefusedBody')}</p>
      case 'configError':
        return <ConfigProblems file={screen.file} problems={screen.problems} />
      case 'storeError':
        return <p>{t(STORE_ADVICE[screen.advice])}</p>
      case 'notEnrolled':
        return (
          <>
            <p>{t('setup.notEnrolledBody', { name: screen.kioskName })}</p>
            <p className="setup-small">{t('setup.hub', { url: screen.hubUrl })}</p>
          </>
        )
      case 'revoked':
        return (
          <p>{t(screen.canEnrol ? 'setup.revokedBody' : 'setup.revokedWait', { name: screen.kioskName })}</p>
        )
      case 'moved':
        return <p>{t('setup.movedBody', { place: screen.placeName, university: screen.universityName })}</p>
      case 'spaceGone':
        return <p>{t('setup.spaceGoneBody', { name: screen.kioskName })}</p>
    }
  }
  return (
    <div className="setup-words">
      {hasIcon && (
        <span className="setup-icon">
          <Icon name={ICONS[screen.name]} />
        </span>
      )}
      <h1>{t(`setup.${screen.name}`)}</h1>
      {body()}
    </div>
  )
}

/** A tap whose answer the engine owes, or that it was not there to take: whoever tapped reads that, too. [KSK-17] */
function LostReport(): ReactElement | null {
  const { refusal } = useWords()
  const report = useKiosk((state) => state.session.report)
  return report.step === 'refused' ? <p className="setup-small">{refusal(report.refusal.why)}</p> : null
}

const STORE_ADVICE = {
  diskFull: 'setup.storeErrorDiskFull',
  unreadable: 'setup.storeErrorUnreadable',
  locked: 'setup.storeErrorLocked',
  tooNew: 'setup.storeErrorTooNew',
} as const

type Problems = Extract<SetupScreen, { name: 'configError' }>

function ConfigProblems({ file, problems }: Pick<Problems, 'file' | 'problems'>): ReactElement {
  const { t } = useWords()
  return (
    <>
      <p>{t('setup.configErrorBody', { file })}</p>
      {/* The engine writes these sentences for IT, in English. */}
      <ul className="problems" lang="en">
        {problems.map((problem) => (
          <li key={problem.at + problem.problem}>
            <code>{problem.at}</code>
            <span>
              {problem.problem} <strong>{problem.advice}</strong>
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
