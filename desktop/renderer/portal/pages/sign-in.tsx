import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import { nameOrder } from '../../common/name-order.ts'
import type { Refusal } from '../api.ts'
import { Choice, Field, PasswordField } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import { Notice, Problem } from '../page-elements.tsx'
import { useActions, usePortal, usePortalHandle } from '../portal-context.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'
import { SignedOutPage } from '../signed-out-page.tsx'

/**
 * Signs in by email, or by username where some university has a directory that knows them; then the university is asked
 * for when the hub wants to know it. Where none has, the form offers no way that leads nowhere. [POR-11]
 */
export function SignIn(): ReactElement {
  const { t, locale } = usePortalWords()
  const { loaded, reload } = useLoad('GET /universities', NOTHING)
  const directories =
    loaded.state === 'ready' ? loaded.value.universities.filter(hasDirectory).toSorted(nameOrder(locale)) : []
  // Not known yet, or not to be had: then the hub says what it wants.
  const isEmailOnly = loaded.state === 'ready' && directories.length === 0
  const { call } = useActions()
  const { store } = usePortalHandle()
  const visitor = usePortal((state) => state.visitor)
  const reason = visitor.state === 'signedOut' ? visitor.reason : null
  const confirmed = usePortal(({ mailedTo }) => (mailedTo?.page === 'signIn' ? mailedTo.email : ''))
  const [asksUniversity, setAsks] = useState(false)
  /** The result of a try replaces the reason why somebody was sent here. [POR-17] */
  const send = async (values: FormValues): Promise<Refusal | null> => {
    const refused = await signIn(values)
    if (refused !== null) store.setState({ visitor: { state: 'signedOut', reason: null } })
    return refused
  }
  const signIn = async (values: FormValues): Promise<Refusal | null> => {
    const name = values.text('identifier')
    const university = Number(values.text('university'))
    if (isEmailOnly && !name.includes('@')) return EMAIL_ONLY
    const answer = await call('POST /auth/token', {
      body: {
        ...(name.includes('@') ? { email: name } : { username: name }),
        password: values.password('password'),
        ...(university > 0 ? { university } : {}),
      },
    })
    if (answer.ok) return null
    if (answer.refusal.why === 'credentialsRefused' && !isEmailOnly)
      return { ...answer.refusal, at: '/username' }
    if (answer.refusal.why !== 'universityNeeded') return answer.refusal
    const known = await call('GET /universities', NOTHING)
    if (known.ok && !known.value.universities.some(hasDirectory)) return EMAIL_ONLY
    if (loaded.state === 'failed') reload()
    setAsks(true)
    return answer.refusal
  }
  return (
    <SignedOutPage title={t('signIn.title')}>
      {reason !== null && (
        <Notice kind={reason === 'ended' ? 'hint' : 'good'}>
          <p role="status">{t(`signIn.${reason}`)}</p>
        </Notice>
      )}
      <Form
        send={send}
        go={t('signIn.go')}
        going={t('signIn.going')}
        hints={{ credentialsRefused: <p>{t('signIn.newHint')}</p> }}
      >
        <Field
          name="identifier"
          label={t(isEmailOnly ? 'field.email' : 'field.identifier')}
          {...(isEmailOnly ? { hint: t('field.emailHint') } : {})}
          autoComplete="username"
          start={confirmed}
          onChange={(value) => value.includes('@') && setAsks(false)}
        />
        {asksUniversity && loaded.state === 'failed' && <Problem refusal={loaded.refusal} onRetry={reload} />}
        {asksUniversity && directories.length > 0 && <DirectoryChoice directories={directories} />}
        <PasswordField name="password" label={t('field.password')} />
      </Form>
      <OtherWays />
      {loaded.state === 'ready' && <UniversityNames universities={loaded.value.universities} />}
    </SignedOutPage>
  )
}

/** Whose directory is asked. */
function DirectoryChoice(props: { directories: readonly { id: number; name: string }[] }): ReactElement {
  const { t } = usePortalWords()
  return (
    <Choice
      name="university"
      label={t('field.university')}
      hint={t('signIn.noDirectory')}
      start=""
      options={[
        { value: '', label: t('field.choose') },
        ...props.directories.map(({ id, name }) => ({ value: String(id), label: name })),
      ]}
    />
  )
}

/** For who has no password at hand, or no account. */
function OtherWays(): ReactElement {
  const { t } = usePortalWords()
  return (
    <>
      <p className="p-entry-more">
        <Link href="/forgotten">{t('signIn.forgotten')}</Link>
      </p>
      <p className="p-entry-more">
        {t('signIn.newHere')} <Link href="/sign-up">{t('signIn.signUp')}</Link>
      </p>
    </>
  )
}

/** A username was given where none is known. */
const EMAIL_ONLY: Refusal = { why: 'malformed', at: '/username', retryAfterS: null }

function hasDirectory(university: { hasDirectory: boolean }): boolean {
  return university.hasDirectory
}

/** All that the hub shows to who is not signed in. [POR-2] */
function UniversityNames(props: { universities: readonly { id: number; name: string }[] }): ReactElement {
  const { t, locale } = usePortalWords()
  const universities = props.universities.toSorted(nameOrder(locale))
  return (
    <section className="p-entry-names" aria-labelledby="universities">
      <h2 id="universities">{t('signIn.universities')}</h2>
      {universities.length === 0 ? (
        <p className="p-soft">{t('signIn.noUniversities')}</p>
      ) : (
        <ul>
          {universities.map(({ id, name }) => (
            <li key={id}>{name}</li>
          ))}
        </ul>
      )}
      <p>
        <Link href="/universities/new">{t('signIn.ask')}</Link>
      </p>
    </section>
  )
}
