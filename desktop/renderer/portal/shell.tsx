import { useEffect, useLayoutEffect, useRef, type ReactElement, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { may } from '#shared/domain/access.ts'
import type { Me } from '#shared/domain/account.ts'
import { Icon, type IconName } from '../ui/icons.tsx'
import { Notice } from './page-elements.tsx'
import { useActions, useMe, usePortal } from './portal-context.ts'
import { SignOut } from './sign-out.tsx'
import { actorOf } from './store.ts'
import { usePortalWords } from './words.ts'

interface NavEntry {
  to: string
  icon: IconName
  word: string
  /** Stands in a phone's bar too. */
  isMain: boolean
}

/** Where somebody may go. Platform administrators belong to no university, and see no places. [ACC-2] */
function useNavEntries(me: Me): NavEntry[] {
  const { t } = usePortalWords()
  const profile: NavEntry = { to: '/profile', icon: 'person', word: t('nav.profile'), isMain: true }
  const platform: NavEntry = { to: '/platform', icon: 'building', word: t('nav.platform'), isMain: true }
  if (me.university === null) return me.isPlatformAdmin ? [platform, profile] : [profile]
  const subject = { universityId: me.university.id }
  const isStaff = may(actorOf(me), 'readChanges', subject)
  return [
    { to: '/', icon: 'places', word: t('nav.places'), isMain: true },
    { to: '/mine', icon: 'star', word: t('nav.mine'), isMain: true },
    { to: '/spaces/new', icon: 'plus', word: t('nav.add'), isMain: true },
    { to: '/inbox', icon: 'inbox', word: t('nav.inbox'), isMain: true },
    { to: '/reports', icon: 'reports', word: t('nav.reports'), isMain: false },
    ...(me.groups.length > 0 || isStaff
      ? [{ to: '/groups', icon: 'people', word: t('nav.groups'), isMain: false } as const]
      : []),
    ...(isStaff ? [{ to: '/changes', icon: 'log', word: t('nav.changes'), isMain: false } as const] : []),
    ...(me.isPlatformAdmin ? [platform] : []),
    profile,
  ]
}

/** What surrounds every page of somebody who is signed in. */
export function PortalFrame({ children }: { children: ReactNode }): ReactElement {
  const me = useMe()
  const { t } = usePortalWords()
  const entries = useNavEntries(me)
  const main = useRef<HTMLElement>(null)
  useFocusOnTurn(main)
  return (
    <div className="p-shell">
      <header className="p-bar">
        <SkipLink />
        <Link href="/" className="p-wordmark">
          <img src="/icon.svg" alt="" width="32" height="32" />
          <span>
            <span className="p-wordmark-name">{t('app.name')}</span>
            <span className="p-wordmark-university">{me.university?.name ?? t('profile.platformAdmin')}</span>
          </span>
        </Link>
        {me.university !== null && <ConnectionMark />}
      </header>
      <nav className="p-nav" aria-label={t('app.navigation')}>
        <ul>
          {entries.map((entry) => (
            <NavLink key={entry.to} entry={entry} />
          ))}
        </ul>
        <SignOut className="p-way p-way-out" />
      </nav>
      <main className="p-main" id="main" tabIndex={-1} ref={main}>
        {me.university !== null && <ConnectionNotice />}
        {children}
      </main>
    </div>
  )
}

function NavLink({ entry }: { entry: NavEntry }): ReactElement {
  const { t } = usePortalWords()
  const [path] = useLocation()
  // A place that is open stands under the places.
  const isHere =
    path === entry.to || (entry.to === '/' ? /^\/spaces\/\d+/.test(path) : path.startsWith(`${entry.to}/`))
  return (
    <li data-main={entry.isMain}>
      <Link href={entry.to} className="p-way" aria-current={isHere ? 'page' : undefined}>
        <Icon name={entry.icon} />
        <span>
          {entry.to === '/spaces/new' ? <AddWord long={entry.word} short={t('nav.addShort')} /> : entry.word}
          {entry.to === '/inbox' && <NewCount />}
        </span>
      </Link>
    </li>
  )
}

/** The most that the figure beside the inbox says: more than that nobody counts. */
const MOST_SHOWN = 99

/** How many notices are new, beside the way to them; nothing where none is. [NTF-6] */
function NewCount(): ReactElement | null {
  const { t } = usePortalWords()
  const count = usePortal(({ inbox }) => inbox?.newCount ?? 0)
  if (count === 0) return null
  return (
    <>
      <span className="p-nav-new" aria-hidden="true">
        {count > MOST_SHOWN ? `${MOST_SHOWN}+` : count}
      </span>
      <span className="hidden"> {t('inbox.newCount', { count })}</span>
    </>
  )
}

/** A phone's bar has room for a short word only. */
function AddWord({ long, short }: { long: string; short: string }): ReactElement {
  return (
    <>
      <span className="p-wide-only">{long}</span>
      <span className="p-narrow-only">{short}</span>
    </>
  )
}

/** The first stop of the Tab key. */
export function SkipLink(): ReactElement {
  const { t } = usePortalWords()
  return (
    <a className="p-skip" href="#main">
      {t('app.skip')}
    </a>
  )
}

/** Whether what is shown is of this moment: always one word, beside its sign. [POR-4] */
function ConnectionMark(): ReactElement {
  const { t } = usePortalWords()
  const status = usePortal((state) => state.connection.status)
  return (
    <p className="p-connection" data-status={status}>
      {status === 'offline' ? (
        <Icon name="offline" />
      ) : (
        <span className="p-connection-dot" aria-hidden="true" />
      )}
      {t(`line.${status}`)}
    </p>
  )
}

/** Offline: how old what is shown is. [POR-4] */
function ConnectionNotice(): ReactElement | null {
  const { t, time, ago } = usePortalWords()
  const { status, contactMs } = usePortal((state) => state.connection)
  const nowMs = usePortal((state) => state.nowMs)
  const isLoaded = usePortal((state) => state.tree.state === 'ready')
  const { reconnectNow } = useActions()
  if (status !== 'offline') return null
  return (
    <Notice kind="hint">
      <p>
        {contactMs === null || !isLoaded
          ? t('line.offlineNothing')
          : t('line.offlineSince', { time: time(contactMs), age: ago(contactMs, nowMs) })}
      </p>
      <button type="button" className="p-button p-button-small" onClick={reconnectNow}>
        {t('line.tryNow')}
      </button>
    </Notice>
  )
}

/** Where list and place stand side by side. */
const WIDE = '(min-width: 60rem)'
/** Pages that share the list. */
const SHARES_LIST = /^\/(?:mine|spaces\/\d+)?$/

/** The title of what is open: the place's before the list's. */
export function titleIn(element: ParentNode): HTMLElement | null {
  return element.querySelector<HTMLElement>('.p-detail h1') ?? element.querySelector<HTMLElement>('h1')
}

/** After a turn to another page the reader is taken to its title; a page begins at its top, and a list where it was left. */
function useFocusOnTurn(main: { current: HTMLElement | null }): void {
  const [path] = useLocation()
  const last = useRef(path)
  const left = useRef(new Map<string, number>())
  useEffect(() => {
    const keep = (): void => void left.current.set(last.current, window.scrollY)
    window.addEventListener('scroll', keep, { passive: true })
    return () => window.removeEventListener('scroll', keep)
  }, [])
  // Before anybody can press a key on the new page: later it would take the focus from what that key chose.
  useLayoutEffect(() => {
    const from = last.current
    if (from === path) return
    last.current = path
    if (main.current !== null) (titleIn(main.current) ?? main.current).focus({ preventScroll: true })
    const isBeside = SHARES_LIST.test(from) && SHARES_LIST.test(path) && window.matchMedia(WIDE).matches
    if (!isBeside) window.scrollTo(0, SHARES_LIST.test(path) ? (left.current.get(path) ?? 0) : 0)
  }, [path, main])
}
