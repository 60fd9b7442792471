import { useEffect, useLayoutEffect, useRef, type ReactElement } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { may } from '#shared/domain/access.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { PortalPath } from '#shared/wire/portal-paths.ts'
import { changePortalLanguage } from '../i18n/portal-i18n.ts'
import { ConfirmPassword } from './confirm.tsx'
import { Browse } from './pages/browse.tsx'
import { Changes } from './pages/changes.tsx'
import { EditSpace, NewSpace } from './pages/edit.tsx'
import { Entry } from './pages/entry.tsx'
import { GroupPage } from './pages/group.tsx'
import { Groups } from './pages/groups.tsx'
import { ConfirmEmail, ConfirmUniversity, Reset, Setup, Verify } from './pages/links.tsx'
import { Platform } from './pages/platform.tsx'
import { NotForYou, Profile } from './pages/profile.tsx'
import { Reports } from './pages/reports.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { Forgotten, SignUp, SignUpSent } from './pages/sign-up.tsx'
import { AskUniversity } from './pages/university-new.tsx'
import { Empty, Problem } from './parts.tsx'
import { useActions, useMe, usePortal, usePortalHandle } from './portal-context.ts'
import { LiveRegion, Shell, titleIn, Toasts } from './shell.tsx'
import { localeFor, type Settings } from './settings.ts'
import { actorOf, meOf, type Visitor } from './store.ts'
import { usePortalWords } from './words.ts'

/** The whole portal: pages for nobody, pages for members, and what lies over both. */
export function Portal(): ReactElement {
  useLook()
  return (
    <>
      <Pages />
      <ConfirmPassword />
      <Toasts />
      <LiveRegion />
    </>
  )
}

/** Pages that a mailed link opens are the same for everybody; of the others each visitor has their own. */
function Pages(): ReactElement {
  const state = usePortal(({ visitor }) => visitor.state)
  useFocusOnSignIn(state)
  const path = (of: PortalPath): PortalPath => of
  return (
    <Switch>
      <Route path={path('/verify')}>
        <VerifyUnlessIn />
      </Route>
      <Route path={path('/reset')} component={Reset} />
      <Route path={path('/email')} component={ConfirmEmail} />
      <Route path={path('/setup')} component={Setup} />
      <Route path={path('/universities/confirm')} component={ConfirmUniversity} />
      <Route path={path('/universities/new')} component={AskUniversity} />
      <Route>{state === 'signedIn' ? <MemberPages /> : <OpenPages />}</Route>
    </Switch>
  )
}

/** The form that signed somebody in is gone: the reader is taken to the title of what came instead. */
function useFocusOnSignIn(state: Visitor['state']): void {
  const last = useRef(state)
  useLayoutEffect(() => {
    const isNews = last.current === 'signedOut' && state === 'signedIn'
    last.current = state
    if (isNews) titleIn(document)?.focus({ preventScroll: true })
  }, [state])
}

/** Who is signed in and has no link to confirm has nothing to do here. */
function VerifyUnlessIn(): ReactElement {
  const isIn = usePortal((state) => state.visitor.state === 'signedIn' && state.link === null)
  return isIn ? <Redirect to="/" /> : <Verify />
}

/** What is shown to who is not signed in: whatever the address, nothing of a university. [POR-2] */
function OpenPages(): ReactElement {
  const visitor = usePortal((state) => state.visitor)
  const path = (of: PortalPath): PortalPath => of
  if (visitor.state === 'unknown') return <Opening />
  if (visitor.state === 'away') return <Away refusal={visitor.refusal} />
  return (
    <Switch>
      <Route path={path('/sign-up')} component={SignUp} />
      <Route path={path('/sign-up/sent')} component={SignUpSent} />
      <Route path={path('/forgotten')} component={Forgotten} />
      <Route component={SignIn} />
    </Switch>
  )
}

function Opening(): ReactElement {
  const { t } = usePortalWords()
  return (
    <main className="p-opening" aria-busy="true">
      <h1 className="hidden">{t('app.name')}</h1>
      <img src="/icon.svg" alt="" width="72" height="72" />
      <p role="status">{t('app.loading')}</p>
    </main>
  )
}

function Away({ refusal }: { refusal: Parameters<typeof Problem>[0]['refusal'] }): ReactElement {
  const { t } = usePortalWords()
  const { begin } = useActions()
  return (
    <Entry title={t('refusal.title')}>
      <Problem refusal={refusal} onRetry={() => void begin()} />
    </Entry>
  )
}

function MemberPages(): ReactElement {
  const me = useMe()
  return <Shell>{me.university === null ? <PlatformPages /> : <UniversityPages />}</Shell>
}

/** Platform administrators belong to no university: no places, no reports. */
function PlatformPages(): ReactElement {
  const me = useMe()
  const path = (of: PortalPath): PortalPath => of
  return (
    <Switch>
      <Route path={path('/profile')} component={Profile} />
      {me.isPlatformAdmin && <Route path={path('/platform')} component={Platform} />}
      <Route>
        <Redirect to={me.isPlatformAdmin ? path('/platform') : path('/profile')} />
      </Route>
    </Switch>
  )
}

function UniversityPages(): ReactElement {
  const { t } = usePortalWords()
  const me = useMe()
  const [at] = useLocation()
  const subject = { universityId: me.university?.id ?? 0 }
  const path = (of: PortalPath): PortalPath => of
  if (['/sign-in', '/sign-up', '/sign-up/sent', '/forgotten'].includes(at)) return <Redirect to="/" />
  return (
    <Switch>
      <Route path={path('/')} component={Browse} />
      <Route path={path('/mine')} component={Browse} />
      <Route path={path('/spaces/new')} component={NewSpace} />
      <Route path="/spaces/:id/edit">{({ id }) => <EditSpace id={Number(id)} />}</Route>
      <Route path={path('/spaces/:id')} component={Browse} />
      <Route path={path('/reports')} component={Reports} />
      <Route path={path('/profile')} component={Profile} />
      <Route path={path('/groups')} component={Groups} />
      <Route path="/groups/:id">{({ id }) => <GroupPage id={Number(id)} />}</Route>
      <Route path={path('/changes')}>
        {may(actorOf(me), 'readChanges', subject) ? (
          <Changes />
        ) : (
          <NotForYou title={t('changes.title')} because={t('notForYou')} />
        )}
      </Route>
      <Route path={path('/platform')}>
        {me.isPlatformAdmin ? (
          <Platform />
        ) : (
          <NotForYou title={t('platform.title')} because={t('notPlatform')} />
        )}
      </Route>
      <Route component={NotFound} />
    </Switch>
  )
}

function NotFound(): ReactElement {
  const { t } = usePortalWords()
  return (
    <div className="p-page">
      <Empty tone="unknown" isPage title={t('notFound.title')} hint={t('notFound.body')}>
        <Link href="/" className="p-button">
          {t('app.home')}
        </Link>
      </Empty>
    </div>
  )
}

/** Language, colours and size of the whole document. */
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
      actions.choose({ locale: i18n.language as Locale })
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
    // The page's own title first: that is what a tab shows.
    const title = titleIn(document)?.textContent ?? ''
    document.title = title === '' || title === t('app.name') ? t('app.name') : `${title} · ${t('app.name')}`
  })
  useEffect(() => {
    document
      .querySelector('link[rel="manifest"]')
      ?.setAttribute('href', `/manifest.${i18n.language}.webmanifest`)
  }, [i18n.language, path])
}

function themeOf({ theme }: Settings, prefersDark: boolean): boolean {
  return theme === 'dark' || (theme === 'auto' && prefersDark)
}
