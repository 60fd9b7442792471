import { useEffect, useLayoutEffect, useRef, type ReactElement } from 'react'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { useStore } from 'zustand'
import { may } from '#shared/domain/access.ts'
import type { PortalPath } from '#shared/wire/portal-paths.ts'
import type { PageName } from './page-loader.ts'
import { SignedOutPage } from './signed-out-page.tsx'
import { Empty, Loading, Notice, PageHead, Problem } from './page-elements.tsx'
import { useActions, useMe, usePortal, usePortalHandle } from './portal-context.ts'
import { PortalFrame, titleIn } from './shell.tsx'
import { actorOf, type Visitor } from './store.ts'
import { usePortalWords } from './words.ts'

/** Pages that a mailed link opens are the same for everybody; of the others each visitor has their own. */
export function Pages(): ReactElement {
  const state = usePortal(({ visitor }) => visitor.state)
  useFocusOnSignIn(state)
  const path = (of: PortalPath): PortalPath => of
  return (
    <Switch>
      <Route path={path('/verify')}>
        <VerifyUnlessIn />
      </Route>
      <Route path={path('/reset')}>
        <Page name="reset" />
      </Route>
      <Route path={path('/email')}>
        <Page name="confirmEmail" />
      </Route>
      <Route path={path('/setup')}>
        <Page name="setup" />
      </Route>
      <Route path={path('/universities/confirm')}>
        <Page name="confirmUniversity" />
      </Route>
      <Route path={path('/universities/new')}>
        <Page name="requestUniversity" />
      </Route>
      <Route>{state === 'signedIn' ? <MemberPages /> : <OpenPages />}</Route>
    </Switch>
  )
}

/** The form that signed somebody in is gone: the reader is taken to the title of what came instead, or where that will stand. */
function useFocusOnSignIn(state: Visitor['state']): void {
  const last = useRef(state)
  useLayoutEffect(() => {
    const isNewSession = last.current === 'signedOut' && state === 'signedIn'
    last.current = state
    if (isNewSession)
      (titleIn(document) ?? document.querySelector<HTMLElement>('#main'))?.focus({ preventScroll: true })
  }, [state])
}

/** Who is signed in and has no link to confirm has nothing to do here. */
function VerifyUnlessIn(): ReactElement {
  const isIn = usePortal((state) => state.visitor.state === 'signedIn' && state.link === null)
  return isIn ? <Redirect to="/" /> : <Page name="verify" />
}

/** What is shown to who is not signed in: whatever the address, nothing of a university. [POR-2] */
function OpenPages(): ReactElement {
  const visitor = usePortal((state) => state.visitor)
  const path = (of: PortalPath): PortalPath => of
  if (visitor.state === 'unknown') return <Opening />
  if (visitor.state === 'away') return <Away refusal={visitor.refusal} />
  return (
    <Switch>
      <Route path={path('/sign-up')}>
        <Page name="signUp" />
      </Route>
      <Route path={path('/sign-up/sent')}>
        <Page name="signUpSent" />
      </Route>
      <Route path={path('/forgotten')}>
        <Page name="forgotten" />
      </Route>
      <Route>
        <Page name="signIn" />
      </Route>
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
    <SignedOutPage title={t('refusal.title')}>
      <Problem refusal={refusal} onRetry={() => void begin()} />
    </SignedOutPage>
  )
}

function MemberPages(): ReactElement {
  const me = useMe()
  return <PortalFrame>{me.university === null ? <PlatformPages /> : <UniversityPages />}</PortalFrame>
}

/** Platform administrators belong to no university: no places, no reports. */
function PlatformPages(): ReactElement {
  const me = useMe()
  const path = (of: PortalPath): PortalPath => of
  return (
    <Switch>
      <Route path={path('/profile')}>
        <Page name="profile" />
      </Route>
      {me.isPlatformAdmin && (
        <Route path={path('/platform')}>
          <Page name="universityRequests" />
        </Route>
      )}
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
      <Route path={path('/')}>
        <Page name="browse" />
      </Route>
      <Route path={path('/mine')}>
        <Page name="browse" />
      </Route>
      <Route path={path('/spaces/new')}>
        <Page name="newSpace" />
      </Route>
      <Route path="/spaces/:id/edit">
        <Page name="editSpace" />
      </Route>
      <Route path={path('/spaces/:id')}>
        <Page name="browse" />
      </Route>
      <Route path={path('/reports')}>
        <Page name="reports" />
      </Route>
      <Route path={path('/inbox')}>
        <Page name="inbox" />
      </Route>
      <Route path={path('/profile')}>
        <Page name="profile" />
      </Route>
      <Route path={path('/groups')}>
        <Page name="groups" />
      </Route>
      <Route path="/groups/:id">
        <Page name="group" />
      </Route>
      <Route path={path('/changes')}>
        {may(actorOf(me), 'readChanges', subject) ? (
          <Page name="changeLog" />
        ) : (
          <NotForYou title={t('changes.title')} reason={t('notForYou')} />
        )}
      </Route>
      <Route path={path('/platform')}>
        {me.isPlatformAdmin ? (
          <Page name="universityRequests" />
        ) : (
          <NotForYou title={t('platform.title')} reason={t('notPlatform')} />
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

/** A page that is not for this person, and for whom it is. */
function NotForYou({ title, reason }: { title: string; reason: string }): ReactElement {
  return (
    <div className="p-page">
      <PageHead title={title} />
      <Notice kind="hint">{reason}</Notice>
    </div>
  )
}

/** One page, once its program is there; until then that it comes, or why it does not. [SCR-19] */
function Page({ name }: { name: PageName }): ReactElement {
  const { pages } = usePortalHandle()
  const page = useStore(pages.store, ({ loaded }) => loaded[name])
  const isLoaded = page !== undefined
  useEffect(() => {
    if (!isLoaded) void pages.load(name)
  }, [pages, name, isLoaded])
  const wasLoaded = useRef(isLoaded)
  useLayoutEffect(() => {
    // A reader who was taken to where the page would stand is taken on to its title.
    const isWaiting = isLoaded && !wasLoaded.current && document.activeElement?.id === 'main'
    wasLoaded.current = isLoaded
    if (isWaiting) titleIn(document)?.focus({ preventScroll: true })
  }, [isLoaded])
  return page ?? <PageWaits key={name} name={name} />
}

function PageWaits({ name }: { name: PageName }): ReactElement {
  const { t } = usePortalWords()
  const { pages } = usePortalHandle()
  const why = useStore(pages.store, ({ failed }) => failed[name])
  const isMember = usePortal(({ visitor }) => visitor.state === 'signedIn')
  const problem =
    why === undefined ? null : (
      <Problem refusal={{ why, retryAfterS: null }} onRetry={() => pages.retry(name)} />
    )
  if (!isMember)
    return problem === null ? (
      <Opening />
    ) : (
      <SignedOutPage title={t('refusal.title')}>{problem}</SignedOutPage>
    )
  return (
    <div className="p-page" data-waits={problem === null}>
      {problem ?? <Loading />}
    </div>
  )
}
