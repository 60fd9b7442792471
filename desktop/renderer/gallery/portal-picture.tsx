import { useEffect, useState, type ReactElement } from 'react'
import { I18nextProvider } from 'react-i18next'
import type { i18n } from 'i18next'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import type { Locale } from '#shared/domain/university.ts'
import { refuse } from '#shared/domain/decision.ts'
import { makePortalI18n } from '../i18n/portal-i18n.ts'
import { makeActions } from '../portal/actions.ts'
import type { Api, Call, Refusal } from '../portal/api.ts'
import { Portal } from '../portal/portal.tsx'
import { LINK_PAGES, makePageLoader, MEMBER_PAGES, OPEN_PAGES } from '../portal/page-loader.ts'
import { PAGE_PROGRAMS } from '../portal/page-programs.ts'
import { PortalContext } from '../portal/portal-context.ts'
import { makePortalStore } from '../portal/store.ts'
import '../ui/portal.css'
import { NOW_MS } from './fixtures.ts'
import { USUAL, type PictureStep, type PortalPicture as Picture } from './portal-answers.ts'
import { PORTAL_PICTURES } from './portal-pictures.ts'

/** All pages, for all pictures. */
const PAGES = makePageLoader(PAGE_PROGRAMS, {
  isServed: () => Promise.resolve(false),
  reload: () => false,
  reloadByHand: () => undefined,
})

/** A hub that always answers the same; what a picture waits for never comes. */
function stillHub(picture: Picture): Api {
  const call: Call = (name) => {
    const answer = picture.answers?.[name] ?? USUAL[name]
    if (answer === 'waiting') return new Promise(() => undefined)
    return Promise.resolve(answer ?? refuse<Refusal>({ why: 'notFound', retryAfterS: null })) as never
  }
  return { call, refresh: () => new Promise(() => undefined), clearToken: () => undefined }
}

function handleOf(picture: Picture, locale: Locale, params: URLSearchParams) {
  const store = makePortalStore(NOW_MS)
  store.setState({
    ...picture.state,
    settings: {
      locale,
      theme: params.get('theme') === 'dark' ? 'dark' : 'light',
      isHighContrast: params.get('contrast') === 'high',
      isLargeText: params.get('text') === 'large',
    },
  })
  const actions = makeActions({
    store,
    api: stillHub(picture),
    nowMs: () => NOW_MS,
    after: () => () => undefined,
    makeKey: () => 'k'.repeat(32),
    saveSettings: () => undefined,
    broadcastSignOut: () => undefined,
    reconnect: () => undefined,
  })
  return { store, actions, pages: PAGES }
}

/** One picture of the portal; carries data-screen once it stands as it is meant to. */
export function PortalPicture(props: {
  name: string
  locale: Locale
  params: URLSearchParams
}): ReactElement {
  const { name, locale, params } = props
  const picture = PORTAL_PICTURES.get(name)
  const [words, setWords] = useState<i18n | null>(null)
  useEffect(() => {
    document.documentElement.dataset['app'] = 'portal'
    // With the programs of all pages: a picture shows a page, not that it comes.
    void Promise.all([
      makePortalI18n(locale),
      PAGES.prefetch([...OPEN_PAGES, ...LINK_PAGES, ...MEMBER_PAGES]),
    ]).then(([made]) => setWords(made))
    return () => {
      delete document.documentElement.dataset['app']
    }
  }, [locale])
  if (picture === undefined || words === null) return <p>…</p>
  return <Drawn key={name} name={name} picture={picture} locale={locale} params={params} words={words} />
}

function Drawn(props: {
  name: string
  picture: Picture
  locale: Locale
  params: URLSearchParams
  words: i18n
}): ReactElement {
  const { name, picture, locale, params, words } = props
  const [handle] = useState(() => handleOf(picture, locale, params))
  const [place] = useState(() => memoryLocation({ path: picture.path }))
  const [isDone, setDone] = useState(false)
  useEffect(() => {
    const turn = { isOver: false }
    void perform(picture.steps ?? []).then(() => !turn.isOver && setDone(true))
    return () => {
      turn.isOver = true
    }
  }, [picture])
  return (
    <div {...(isDone ? { 'data-screen': name } : {})}>
      <I18nextProvider i18n={words}>
        <PortalContext value={handle}>
          <Router hook={place.hook}>
            <Portal />
          </Router>
        </PortalContext>
      </I18nextProvider>
    </div>
  )
}

/** Two frames: what was fetched is drawn. */
const settled = (): Promise<void> =>
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))

async function perform(steps: readonly PictureStep[]): Promise<void> {
  await settled()
  for (const step of steps) {
    if ('fill' in step)
      for (const [name, value] of Object.entries(step.fill)) {
        const field = document.querySelector<HTMLInputElement | HTMLSelectElement>(`[name="${name}"]`)
        if (field !== null) field.value = value
      }
    else if ('submit' in step) document.querySelector<HTMLFormElement>(step.submit)?.requestSubmit()
    else document.querySelector<HTMLElement>(step.press)?.click()
    await settled()
  }
}
