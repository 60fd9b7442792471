import { useEffect, type ReactElement } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { changePortalLanguage } from '../i18n/portal-i18n.ts'
import { usePortal, usePortalHandle } from './portal-context.ts'
import { localeFor, type PortalSettings } from './settings.ts'
import { titleIn } from './shell.tsx'
import { meOf } from './store.ts'
import { Overlays } from './overlays.tsx'
import { Pages } from './routes.tsx'

/** The whole portal: pages for nobody, pages for members, and what lies over both. */
export function Portal(): ReactElement {
  useLook()
  return (
    <>
      <Pages />
      <Overlays />
    </>
  )
}

/** Language, colours, size and title of the whole document. */
function useLook(): void {
  const { t, i18n } = useTranslation('portal')
  const { store, actions } = usePortalHandle()
  const settings = usePortal((state) => state.settings)
  const isDark = usePortal((state) => themeOf(state.settings, state.prefersDark))
  const locale = usePortal((state) => {
    const me = meOf(state)
    return localeFor(state.settings.locale, me?.locale, me?.university?.locale, state.browserLanguages)
  })
  useEffect(() => {
    if (i18n.language === locale) return
    const turn = { isOver: false }
    // Its words cannot be had now: said at once, and no longer wanted – it does not come later, unasked. [POR-14]
    changePortalLanguage(i18n, locale, () => turn.isOver).catch(() => {
      if (turn.isOver || store.getState().settings.locale !== locale) return
      actions.changeSettings({ locale: i18n.language })
      actions.toast(i18n.t('profile.languageOffline', { ns: 'portal' }))
    })
    return () => {
      turn.isOver = true
    }
  }, [i18n, locale, store, actions])
  useEffect(() => {
    const root = document.documentElement
    root.lang = i18n.language
    root.dataset['theme'] = isDark ? 'dark' : 'light'
    root.dataset['contrast'] = settings.isHighContrast ? 'high' : 'normal'
    root.dataset['text'] = settings.isLargeText ? 'large' : 'normal'
  }, [i18n.language, isDark, settings])
  const [path] = useLocation()
  useEffect(() => {
    const name = t('app.name')
    /** The page's own title first: that is what a tab shows. It may come later than the page, and change while that is open. */
    const follow = (): void => {
      const title = titleIn(document)?.textContent ?? ''
      const whole = title === '' || title === name ? name : `${title} · ${name}`
      if (document.title !== whole) document.title = whole
    }
    follow()
    const observer = new MutationObserver(follow)
    observer.observe(document.body, { subtree: true, childList: true, characterData: true })
    return () => observer.disconnect()
  }, [t])
  useEffect(() => {
    document
      .querySelector('link[rel="manifest"]')
      ?.setAttribute('href', `/manifest.${i18n.language}.webmanifest`)
  }, [i18n.language, path])
}

function themeOf({ theme }: PortalSettings, prefersDark: boolean): boolean {
  return theme === 'dark' || (theme === 'auto' && prefersDark)
}
