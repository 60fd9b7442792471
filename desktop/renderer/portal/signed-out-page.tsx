import type { ReactElement, ReactNode } from 'react'
import { Link } from 'wouter'
import { Shape } from '../ui/shapes.tsx'
import { PageHead } from './page-elements.tsx'
import { useActions, usePortal } from './portal-context.ts'
import { SkipLink } from './shell.tsx'
import { usePortalWords } from './words.ts'
import { LANGUAGES } from '../i18n/languages.ts'

/** What surrounds the pages of somebody who is not signed in. Nothing of any university is on it. [POR-2] */
export function SignedOutPage(props: { title: string; lead?: string; children: ReactNode }): ReactElement {
  const { t } = usePortalWords()
  return (
    <div className="p-entry">
      <header className="p-entry-brand">
        <SkipLink />
        <Link href="/" className="p-wordmark">
          <img src="/icon.svg" alt="" width="40" height="40" />
          <span className="p-wordmark-name">{t('app.name')}</span>
        </Link>
        <p className="p-entry-tagline">{t('app.tagline')}</p>
        <p className="p-entry-shapes" aria-hidden="true">
          <Shape tone="free" />
          <Shape tone="busy" />
          <Shape tone="full" />
        </p>
      </header>
      <main className="p-entry-main" id="main" tabIndex={-1}>
        <div className="p-entry-card">
          <PageHead title={props.title} {...(props.lead === undefined ? {} : { lead: props.lead })} />
          {props.children}
        </div>
        <Languages />
      </main>
    </div>
  )
}

/** Languages, each in its own words, one tap each. */
export function Languages(): ReactElement {
  const { locale, t } = usePortalWords()
  const { changeSettings } = useActions()
  const chosen = usePortal((state) => state.settings.locale) ?? locale
  return (
    <div className="p-languages" role="group" aria-label={t('profile.language')}>
      {LANGUAGES.map((language) => (
        <button
          key={language.locale}
          type="button"
          className="p-link"
          lang={language.locale}
          aria-pressed={language.locale === chosen}
          onClick={() => changeSettings({ locale: language.locale })}
        >
          {language.name}
        </button>
      ))}
    </div>
  )
}
