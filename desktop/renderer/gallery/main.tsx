import { StrictMode, useLayoutEffect, type ReactElement } from 'react'
import { createRoot } from 'react-dom/client'
import { I18nextProvider } from 'react-i18next'
import { accept } from '#shared/domain/decision.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { Bridge } from '#shared/wire/bridge.ts'
import { makeI18n } from '../i18n/i18n.ts'
import { LANGUAGES } from '../i18n/languages.ts'
import { makeActions } from '../kiosk/actions.ts'
import { calibrate, pxPerMmOf } from '../kiosk/panel.ts'
import { Kiosk } from '../kiosk/kiosk.tsx'
import { KioskContext } from '../kiosk/kiosk-context.ts'
import { freshSession, plainSettings } from '../kiosk/session.ts'
import { makeKioskStore } from '../kiosk/store.ts'
import { FaultScreen } from '../common/fault-boundary.tsx'
import '../ui/kiosk.css'
import '../ui/noto-sans-tc.ts'
import './gallery.css'
import { PortalPicture } from './portal-picture.tsx'
import { PORTAL_PICTURES } from './portal-pictures.ts'
import { SCREENS } from './screens.ts'

// ?screen=door-free&lang=sl&theme=dark&contrast=high&text=large&reach=1 shows one picture; without a screen, a list.

/** An engine that says yes to everything and publishes nothing: pictures stand still. */
const STILL: Bridge = {
  call: () => Promise.resolve(accept(null) as never),
  onSlice: () => () => undefined,
}

function localeOf(text: string | null): Locale {
  return LANGUAGES.find(({ locale }) => locale === text)?.locale ?? 'en'
}

function Picture({ name, params }: { name: string; params: URLSearchParams }): ReactElement {
  const fixture = SCREENS.get(name)
  if (fixture === undefined) return <p>No picture is called “{name}”.</p>
  const locale = localeOf(params.get('lang'))
  const isDark = params.get('theme') === 'dark'
  const store = makeKioskStore(0, isDark)
  const session = { ...freshSession(plainSettings(locale, isDark), 0), ...fixture.session }
  store.setState({
    model: fixture.model,
    session: {
      ...session,
      settings: {
        locale,
        isDark,
        isHighContrast: params.get('contrast') === 'high',
        isLargeText: params.get('text') === 'large',
        isReach: params.get('reach') === '1',
      },
    },
  })
  const handle = { store, actions: makeActions(store, STILL, () => 0) }
  return (
    <I18nextProvider i18n={makeI18n(locale)}>
      <KioskContext value={handle}>
        <Kiosk />
      </KioskContext>
    </I18nextProvider>
  )
}

/** What a page shows that cannot be drawn: no state of a kiosk, and yet a picture. [SCR-1] */
const FAULT = 'fault'

function FaultPicture({ params }: { params: URLSearchParams }): ReactElement {
  useLayoutEffect(() => {
    const { documentElement: root } = document
    root.lang = localeOf(params.get('lang'))
    root.dataset['theme'] = params.get('theme') === 'dark' ? 'dark' : 'light'
    root.dataset['contrast'] = params.get('contrast') === 'high' ? 'high' : 'normal'
    root.dataset['text'] = params.get('text') === 'large' ? 'large' : 'normal'
    root.dataset['reach'] = String(params.get('reach') === '1')
  }, [params])
  return <FaultScreen isReloading />
}

function List(): ReactElement {
  return (
    <main className="gallery">
      <h1>Gallery</h1>
      <ul>
        {[...SCREENS.keys(), FAULT].map((name) => (
          <li key={name} data-screen-name={name}>
            {name}
            {LANGUAGES.map(({ locale, name: language }) => (
              <a key={locale} href={`?screen=${name}&lang=${locale}`} lang={locale}>
                {language}
              </a>
            ))}
          </li>
        ))}
      </ul>
      <h2>Portal</h2>
      <ul>
        {[...PORTAL_PICTURES.keys()].map((name) => (
          <li key={name} data-portal-name={name}>
            {name}
            {LANGUAGES.map(({ locale, name: language }) => (
              <a key={locale} href={`?screen=${name}&lang=${locale}`} lang={locale}>
                {language}
              </a>
            ))}
          </li>
        ))}
      </ul>
    </main>
  )
}

function Page({ search }: { search: string }): ReactElement {
  const params = new URLSearchParams(search)
  const name = params.get('screen')
  if (name === null) return <List />
  if (name === FAULT) return <FaultPicture params={params} />
  return PORTAL_PICTURES.has(name) ? (
    <PortalPicture name={name} locale={localeOf(params.get('lang'))} params={params} />
  ) : (
    <Picture name={name} params={params} />
  )
}

const element = document.querySelector('#root')
calibrate(document.documentElement, pxPerMmOf(window.location.search))
if (element !== null) {
  const root = createRoot(element)
  const draw = (): void => {
    const { search } = window.location
    root.render(
      <StrictMode>
        <Page key={search} search={search} />
      </StrictMode>,
    )
  }
  draw()
  // Back and forward, and whoever goes through hundreds of pictures without loading the page anew.
  window.addEventListener('popstate', draw)
}
