import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import type { Refusal } from '../api.ts'
import { Choice, Field, Form, PasswordField, type FormValues } from '../form.tsx'
import { Notice, Problem } from '../parts.tsx'
import { useActions, usePortal } from '../portal-context.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'
import { Entry } from './entry.tsx'

/** Signs in by e-mail, or by user name; then the university is asked for when the hub wants to know it. */
export function SignIn(): ReactElement {
  const { t } = usePortalWords()
  const { call } = useActions()
  const visitor = usePortal((state) => state.visitor)
  const because = visitor.state === 'signedOut' ? visitor.because : null
  const [asksUniversity, setAsks] = useState(false)
  const signIn = async (values: FormValues): Promise<Refusal | null> => {
    const name = values.text('identifier')
    const university = Number(values.text('university'))
    const answer = await call('POST /auth/token', {
      body: {
        ...(name.includes('@') ? { email: name } : { username: name }),
        password: values.password('password'),
        ...(university > 0 ? { university } : {}),
      },
    })
    if (answer.ok) return null
    if (answer.refusal.why === 'universityNeeded') setAsks(true)
    return answer.refusal
  }
  return (
    <Entry title={t('signIn.title')}>
      {because !== null && (
        <Notice kind={because === 'ended' ? 'hint' : 'good'}>
          <p role="status">{t(`signIn.${because}`)}</p>
        </Notice>
      )}
      <Form send={signIn} go={t('signIn.go')} going={t('signIn.going')}>
        <Field
          name="identifier"
          label={t('field.identifier')}
          autoComplete="username"
          onChange={(value) => value.includes('@') && setAsks(false)}
        />
        {asksUniversity && <UniversityChoice />}
        <PasswordField name="password" label={t('field.password')} />
      </Form>
      <p className="p-entry-more">
        <Link href="/forgotten">{t('signIn.forgotten')}</Link>
      </p>
      <p className="p-entry-more">
        {t('signIn.newHere')} <Link href="/sign-up">{t('signIn.signUp')}</Link>
      </p>
      <UniversityNames />
    </Entry>
  )
}

function UniversityChoice(): ReactElement {
  const { t } = usePortalWords()
  const { loaded, reload } = useLoad('GET /universities', NOTHING)
  if (loaded.state === 'failed') return <Problem refusal={loaded.refusal} onRetry={reload} />
  const universities = loaded.state === 'ready' ? loaded.value.universities : []
  return (
    <Choice
      key={universities.length}
      name="university"
      label={t('field.university')}
      start=""
      options={[
        { value: '', label: t('field.choose') },
        ...universities
          .filter(({ hasDirectory }) => hasDirectory)
          .map(({ id, name }) => ({ value: String(id), label: name })),
      ]}
    />
  )
}

/** All that the hub shows to who is not signed in. [POR-2] */
function UniversityNames(): ReactElement | null {
  const { t } = usePortalWords()
  const { loaded } = useLoad('GET /universities', NOTHING)
  if (loaded.state !== 'ready') return null
  const { universities } = loaded.value
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
