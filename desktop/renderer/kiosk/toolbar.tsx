import { useSyncExternalStore, type ReactElement } from 'react'
import { LANGUAGES } from '../i18n/languages.ts'
import { Icon, type IconName } from '../ui/icons.tsx'
import { useKioskHandle, useKiosk } from './kiosk-context.ts'
import type { ScreenSettings } from './session.ts'
import { useWords } from './words.ts'

type Switch = Exclude<keyof ScreenSettings, 'locale'>

const SWITCHES: readonly {
  setting: Switch
  icon: IconName
  word: 'largeText' | 'highContrast' | 'dark' | 'reach'
}[] = [
  { setting: 'isLargeText', icon: 'text', word: 'largeText' },
  { setting: 'isHighContrast', icon: 'contrast', word: 'highContrast' },
  { setting: 'isDark', icon: 'moon', word: 'dark' },
  { setting: 'isReach', icon: 'reach', word: 'reach' },
]

/** Where "Lower controls" moves something; "upright": only where the screen is turned upright. [SCR-23] */
type ReachOffer = 'always' | 'upright' | 'never'

/** Language, large text, contrast, dark and, where it moves something, reach in one tap each; all of it goes back at idle. */
export function Toolbar(props: { hasService: boolean; reach: ReachOffer }): ReactElement {
  const { hasService, reach } = props
  const isUpright = useSyncExternalStore(onTurn, isScreenUpright, isNeverUpright)
  const hasReach = reach === 'always' || (reach === 'upright' && isUpright)
  const { t } = useWords()
  const { actions } = useKioskHandle()
  const settings = useKiosk((state) => state.session.settings)
  return (
    <footer className="toolbar" aria-label={t('settings.label')}>
      <div className="toolbar-group" role="group" aria-label={t('settings.language')}>
        {LANGUAGES.map(({ locale, short, name }) => (
          <button
            key={locale}
            type="button"
            className="tool tool-language"
            lang={locale}
            aria-label={`${short} ${name}`}
            aria-pressed={settings.locale === locale}
            onClick={() => actions.change({ locale })}
          >
            <span className="tool-short">{short}</span>
          </button>
        ))}
      </div>
      <div className="toolbar-group">
        {SWITCHES.filter(({ setting }) => hasReach || setting !== 'isReach').map(
          ({ setting, icon, word }) => (
            <button
              key={setting}
              type="button"
              className="tool"
              data-setting={setting}
              aria-pressed={settings[setting]}
              onClick={() => actions.change({ [setting]: !settings[setting] })}
            >
              <Icon name={icon} />
              <span className="tool-word">{t(`settings.${word}`)}</span>
            </button>
          ),
        )}
      </div>
      {hasService && <ServiceButton />}
    </footer>
  )
}

const UPRIGHT = '(orientation: portrait)'

function isScreenUpright(): boolean {
  return window.matchMedia(UPRIGHT).matches
}

/** Where there is no screen, as in a test that only reads the markup. */
function isNeverUpright(): boolean {
  return false
}

function onTurn(listen: () => void): () => void {
  const query = window.matchMedia(UPRIGHT)
  query.addEventListener('change', listen)
  return () => query.removeEventListener('change', listen)
}

/** The way to the page for staff. */
export function ServiceButton(): ReactElement {
  const { t } = useWords()
  const { actions } = useKioskHandle()
  return (
    <button type="button" className="tool tool-service" onClick={actions.openPinPad}>
      <Icon name="service" />
      <span className="tool-word">{t('settings.service')}</span>
    </button>
  )
}
