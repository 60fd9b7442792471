import { useState, type ReactElement } from 'react'
import { Link, useLocation } from 'wouter'
import { MAX_ADDRESS_LENGTH } from '../../common/limits.ts'
import type { Refusal } from '../api.ts'
import { Field, PasswordField } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import { Notice } from '../page-elements.tsx'
import { useActions, usePortal, usePortalHandle } from '../portal-context.ts'
import { usePortalWords } from '../words.ts'
import { SignedOutPage } from '../signed-out-page.tsx'

/** Asks for an account. The answer is the same whether or not the address is known. */
export function SignUp(): ReactElement {
  const { t, locale } = usePortalWords()
  const { call } = useActions()
  const { store } = usePortalHandle()
  const [, go] = useLocation()
  const [hasLetters, setLetters] = useState(false)
  const register = async (values: FormValues): Promise<Refusal | null> => {
    const email = values.text('email')
    const body = { email, password: values.password('password'), locale }
    const answer = await call('POST /auth/register', { body })
    setLetters(/[^\x20-\x7e]/.test(email))
    if (!answer.ok) return answer.refusal
    store.setState({ mailedTo: { page: 'signUp', email } })
    go('/sign-up/sent')
    return null
  }
  return (
    <SignedOutPage title={t('signUp.title')} lead={t('signUp.lead')}>
      <Form
        send={register}
        go={t('signUp.go')}
        hints={hasLetters ? { addressRefused: <p>{t('signUp.letters')}</p> } : {}}
      >
        <Field
          name="email"
          type="email"
          label={t('field.email')}
          hint={t('field.emailHint')}
          autoComplete="email"
          maxLength={MAX_ADDRESS_LENGTH}
        />
        <PasswordField name="password" label={t('field.password')} isNew />
      </Form>
      <p className="p-entry-more">
        {t('signUp.have')} <Link href="/sign-in">{t('signIn.go')}</Link>
      </p>
    </SignedOutPage>
  )
}

/** Where the mail went that this page asked for; null: none yet. */
function useMailedTo(page: 'signUp' | 'forgotten'): string | null {
  return usePortal(({ mailedTo }) => (mailedTo?.page === page ? mailedTo.email : null))
}

/** A mail is on its way – perhaps: nobody learns here who has an account. */
export function SignUpSent(): ReactElement {
  const { t } = usePortalWords()
  const mailedTo = useMailedTo('signUp')
  return (
    <SignedOutPage title={t('signUp.sentTitle')}>
      <Notice kind="good">
        <p>{mailedTo === null ? t('signUp.sentBodyPlain') : t('signUp.sentBody', { email: mailedTo })}</p>
      </Notice>
      <p className="p-soft">{t('signUp.sentHint')}</p>
      <SendAgain />
      <p className="p-entry-more">
        <Link href="/sign-in">{t('signIn.go')}</Link>
      </p>
    </SignedOutPage>
  )
}

/** What is said where only a mail is asked for: no account is created there. */
function useNotMailed(): (refusal: Refusal) => string | null {
  const { t } = usePortalWords()
  return ({ why }) => (why === 'addressRefused' ? t('refusal.contactRefused') : null)
}

/** Has the link sent once more. */
export function SendAgain(): ReactElement {
  const { t } = usePortalWords()
  const { call, toast } = useActions()
  const mailedTo = useMailedTo('signUp')
  const notMailed = useNotMailed()
  const send = async (values: FormValues): Promise<Refusal | null> => {
    const answer = await call('POST /auth/verify/resend', { body: { email: values.text('email') } })
    if (!answer.ok) return answer.refusal
    toast(t('signUp.sentAgain'))
    return null
  }
  return (
    <Form send={send} go={t('signUp.again')} say={notMailed}>
      <Field
        name="email"
        type="email"
        label={t('field.email')}
        autoComplete="email"
        start={mailedTo ?? ''}
        maxLength={MAX_ADDRESS_LENGTH}
      />
    </Form>
  )
}

/** Asks for a link with which a new password is chosen. */
export function Forgotten(): ReactElement {
  const { t } = usePortalWords()
  const { call } = useActions()
  const { store } = usePortalHandle()
  const mailedTo = useMailedTo('forgotten')
  const notMailed = useNotMailed()
  const send = async (values: FormValues): Promise<Refusal | null> => {
    const email = values.text('email')
    const answer = await call('POST /auth/forgotten', { body: { email } })
    // Why no mail was sent now replaces that one was sent before. [POR-17]
    store.setState({ mailedTo: answer.ok ? { page: 'forgotten', email } : null })
    return answer.ok ? null : answer.refusal
  }
  return (
    <SignedOutPage title={t('forgotten.title')} lead={t('forgotten.lead')}>
      {mailedTo !== null && (
        <Notice kind="good">
          <p role="status">{t('forgotten.sent', { email: mailedTo })}</p>
        </Notice>
      )}
      <Form send={send} go={t('forgotten.go')} say={notMailed}>
        <Field
          name="email"
          type="email"
          label={t('field.email')}
          autoComplete="email"
          maxLength={MAX_ADDRESS_LENGTH}
        />
      </Form>
      <p className="p-entry-more">
        <Link href="/sign-in">{t('signIn.go')}</Link>
      </p>
    </SignedOutPage>
  )
}
