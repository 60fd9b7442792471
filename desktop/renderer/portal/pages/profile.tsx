import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { may } from '#shared/domain/access.ts'
import type { Locale } from '#shared/domain/university.ts'
import { Icon } from '../../ui/icons.tsx'
import type { Refusal } from '../api.ts'
import { Field } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import { LANGUAGES } from '../../i18n/languages.ts'
import { MAX_DISPLAYNAME_LENGTH } from '../../common/limits.ts'
import { Card, PageHead } from '../page-elements.tsx'
import { useActions, useMe, usePortal, usePortalHandle } from '../portal-context.ts'
import type { PortalSettings } from '../settings.ts'
import { SignOut } from '../sign-out.tsx'
import { actorOf } from '../store.ts'
import { usePortalWords } from '../words.ts'
import { ChangeEmail, ChangePassword, DeleteAccount, ExportData } from './account-actions.tsx'
import { Sessions } from './sessions.tsx'

/** Who I am, how I like it, where I am signed in, and what is stored about me. */
export function Profile(): ReactElement {
  const me = useMe()
  const { t } = usePortalWords()
  return (
    <div className="p-page p-page-cards">
      <PageHead title={t('profile.title')} lead={me.displayname ?? me.email ?? me.username ?? ''} />
      <More />
      <You />
      <Look />
      <Sessions />
      {me.isFromDirectory ? (
        <Card title={t('profile.password')}>
          <p className="p-soft">{t('profile.fromDirectory')}</p>
        </Card>
      ) : (
        <>
          <ChangePassword />
          <ChangeEmail />
        </>
      )}
      <ExportData />
      <DeleteAccount />
      <div className="p-actions">
        <SignOut className="p-button" />
      </div>
    </div>
  )
}

/** What a phone's bar has no room for. */
function More(): ReactElement | null {
  const me = useMe()
  const { t } = usePortalWords()
  if (me.university === null) return null
  const isStaff = may(actorOf(me), 'readChanges', { universityId: me.university.id })
  return (
    <nav className="p-card p-more" aria-label={t('profile.more')}>
      <Link href="/reports">
        <Icon name="reports" />
        {t('nav.reports')}
        <Icon name="next" />
      </Link>
      {(me.groups.length > 0 || isStaff) && (
        <Link href="/groups">
          <Icon name="people" />
          {t('nav.groups')}
          <Icon name="next" />
        </Link>
      )}
      {isStaff && (
        <Link href="/changes">
          <Icon name="log" />
          {t('nav.changes')}
          <Icon name="next" />
        </Link>
      )}
    </nav>
  )
}

function You(): ReactElement {
  const me = useMe()
  const { t } = usePortalWords()
  const { call, toast } = useActions()
  const { store } = usePortalHandle()
  const save = async (values: FormValues): Promise<Refusal | null> => {
    const name = values.text('displayname')
    const answer = await call('PATCH /me', { body: { displayname: name === '' ? null : name } })
    if (!answer.ok) return answer.refusal
    store.setState({ visitor: { state: 'signedIn', me: answer.value } })
    toast(t('app.saved'))
    return null
  }
  const facts = [
    [t('profile.university'), me.university?.name ?? t('profile.platformAdmin')],
    [t('profile.email'), me.email],
    [t('profile.username'), me.username],
  ] as const
  return (
    <Card title={t('profile.you')}>
      <dl className="p-pairs">
        {facts.map(
          ([word, value]) =>
            value !== null && (
              <div key={word}>
                <dt>{word}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      <Form send={save} go={t('app.save')} going={t('app.saving')}>
        <Field
          name="displayname"
          label={t('profile.displayname')}
          hint={t('profile.displaynameHint')}
          start={me.displayname ?? ''}
          autoComplete="name"
          maxLength={MAX_DISPLAYNAME_LENGTH}
          isOptional
        />
      </Form>
    </Card>
  )
}

function Look(): ReactElement {
  const { t } = usePortalWords()
  const settings = usePortal((state) => state.settings)
  const { changeSettings } = useActions()
  const themes: [PortalSettings['theme'], string][] = [
    ['auto', t('profile.themeAuto')],
    ['light', t('profile.themeLight')],
    ['dark', t('profile.themeDark')],
  ]
  return (
    <Card title={t('profile.look')}>
      <Language />
      <div className="p-setting" role="group" aria-labelledby="look-theme">
        <h3 id="look-theme">{t('profile.theme')}</h3>
        <div className="p-chips">
          {themes.map(([theme, word]) => (
            <button
              key={theme}
              type="button"
              className="p-chip"
              aria-pressed={settings.theme === theme}
              onClick={() => changeSettings({ theme })}
            >
              {word}
            </button>
          ))}
        </div>
        <div className="p-chips">
          <button
            type="button"
            className="p-chip"
            aria-pressed={settings.isHighContrast}
            onClick={() => changeSettings({ isHighContrast: !settings.isHighContrast })}
          >
            <Icon name="contrast" />
            {t('profile.contrast')}
          </button>
          <button
            type="button"
            className="p-chip"
            aria-pressed={settings.isLargeText}
            onClick={() => changeSettings({ isLargeText: !settings.isLargeText })}
          >
            <Icon name="text" />
            {t('profile.largeText')}
          </button>
        </div>
      </div>
    </Card>
  )
}

function Language(): ReactElement {
  const { t, locale } = usePortalWords()
  const { changeSettings, call } = useActions()
  const speak = (to: Locale): void => {
    changeSettings({ locale: to })
    // Mails come in the same language from now on. Nothing is said when it fails: the choice holds here.
    void call('PATCH /me', { body: { locale: to } })
  }
  return (
    <div className="p-setting" role="group" aria-labelledby="look-language">
      <h3 id="look-language">{t('profile.language')}</h3>
      <div className="p-chips">
        {LANGUAGES.map((language) => (
          <button
            key={language.locale}
            type="button"
            className="p-chip"
            lang={language.locale}
            aria-pressed={language.locale === locale}
            onClick={() => speak(language.locale)}
          >
            {language.name}
          </button>
        ))}
      </div>
    </div>
  )
}
