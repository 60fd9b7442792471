import { useState, type ReactElement, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import type { Refusal } from '../api.ts'
import { Field, PasswordField } from '../fields.tsx'
import { Form, type FormValues, type Send } from '../form.tsx'
import { Notice, Problem } from '../page-elements.tsx'
import { useActions, usePortal, usePortalHandle } from '../portal-context.ts'
import { meOf, type SignOutReason } from '../store.ts'
import { usePortalWords } from '../words.ts'
import { SignedOutPage } from '../signed-out-page.tsx'
import { SendAgain } from './sign-up.tsx'

// Pages that a mailed link opens. Looking at them changes nothing – mail scanners do that –; a button posts the token. [POR-1]

/** The token that the link brought for this page; null where there is none. */
function useToken(): string | null {
  const [path] = useLocation()
  return usePortal(({ link }) => (link?.path === path ? link.token : null))
}

/**
 * A page of a link: without its token it says what to do. Once the hub has refused the token, promise and form are gone –
 * the same link works no better a second time –, and `over` says how to go on. [POR-1]
 */
function LinkPage(props: {
  title: string
  lead: string
  /** Where the link is to be found, for who came without it. */
  noToken?: string
  over: ReactNode
  children: (token: string, guard: (send: Send) => Send) => ReactNode
}): ReactElement {
  const { t } = usePortalWords()
  const token = useToken()
  const [refused, setRefused] = useState<Refusal | null>(null)
  const guard =
    (send: Send): Send =>
    async (values) => {
      const refusal = await send(values)
      if (refusal?.why !== 'linkRefused') return refusal
      setRefused(refusal)
      return null
    }
  return (
    <SignedOutPage title={props.title} {...(refused === null ? { lead: props.lead } : {})}>
      {refused !== null ? (
        <>
          <Problem refusal={refused} />
          {props.over}
        </>
      ) : token === null ? (
        <Notice kind="hint">{props.noToken ?? t('verify.noToken')}</Notice>
      ) : (
        props.children(token, guard)
      )}
      <p className="p-entry-more">
        <Link href="/sign-in">{t('signIn.go')}</Link>
      </p>
    </SignedOutPage>
  )
}

/** Ends the link and goes to the sign-in page, with a sentence about what was done. */
function useDone(reason: SignOutReason): (email?: string | null) => void {
  const { leave, dropLink } = useActions()
  const { store } = usePortalHandle()
  const [, go] = useLocation()
  return (email = null) => {
    dropLink()
    leave(reason)
    // Nobody has to type again what they just confirmed. [POR-23]
    store.setState({ mailedTo: email === null ? null : { page: 'signIn', email } })
    go('/sign-in')
  }
}

/** Confirms the address of a new account; from here one goes to sign in. */
export function Verify(): ReactElement {
  const { t } = usePortalWords()
  const { call } = useActions()
  const done = useDone('verified')
  const confirm = (token: string) => async (): Promise<Refusal | null> => {
    const answer = await call('POST /auth/verify', { body: { token } })
    if (!answer.ok) return answer.refusal
    done(answer.value.email)
    return null
  }
  return (
    <LinkPage
      title={t('verify.title')}
      lead={t('verify.body')}
      over={
        <>
          <p>{t('verify.refusedHint')}</p>
          <SendAgain />
        </>
      }
    >
      {(token, guard) => <Form send={guard(confirm(token))} go={t('verify.go')} />}
    </LinkPage>
  )
}

/** Confirms a change of address. The session of this browser stays, and is shown as what it is. [IDN-10] */
export function ConfirmEmail(): ReactElement {
  const { t } = usePortalWords()
  const { call, begin, dropLink, toast } = useActions()
  const { store } = usePortalHandle()
  const [, go] = useLocation()
  const done = useDone('emailChanged')
  const confirm = (token: string) => async (): Promise<Refusal | null> => {
    const answer = await call('POST /auth/email', { body: { token } })
    if (!answer.ok) return answer.refusal
    if (store.getState().visitor.state !== 'signedOut') await begin()
    if (meOf(store.getState()) === null) {
      done()
      return null
    }
    dropLink()
    go('/profile')
    toast(t('emailChange.done'))
    return null
  }
  return (
    <LinkPage
      title={t('emailChange.title')}
      lead={t('emailChange.body')}
      over={<p>{t('emailChange.refusedHint')}</p>}
    >
      {(token, guard) => <Form send={guard(confirm(token))} go={t('emailChange.go')} />}
    </LinkPage>
  )
}

/** Chooses a new password. */
export function Reset(): ReactElement {
  const { t } = usePortalWords()
  const { call } = useActions()
  const done = useDone('reset')
  const reset =
    (token: string) =>
    async (values: FormValues): Promise<Refusal | null> => {
      const answer = await call('POST /auth/reset', {
        body: { token, password: values.password('password') },
      })
      if (!answer.ok) return answer.refusal
      done()
      return null
    }
  return (
    <LinkPage
      title={t('reset.title')}
      lead={t('reset.body')}
      over={
        <p>
          <Link href="/forgotten" className="p-button">
            {t('forgotten.go')}
          </Link>
        </p>
      }
    >
      {(token, guard) => (
        <Form send={guard(reset(token))} go={t('reset.go')}>
          <PasswordField name="password" label={t('field.newPassword')} isNew />
        </Form>
      )}
    </LinkPage>
  )
}

/** Makes the first platform administrator. */
export function Setup(): ReactElement {
  const { t } = usePortalWords()
  const { call } = useActions()
  const done = useDone('setUp')
  const setUp =
    (token: string) =>
    async (values: FormValues): Promise<Refusal | null> => {
      const body = { token, email: values.text('email'), password: values.password('password') }
      const answer = await call('POST /auth/setup', { body })
      if (!answer.ok) return answer.refusal
      done()
      return null
    }
  return (
    <LinkPage title={t('setup.title')} lead={t('setup.body')} noToken={t('setup.noToken')} over={null}>
      {(token, guard) => (
        <Form send={guard(setUp(token))} go={t('setup.go')}>
          <Field name="email" type="email" label={t('field.email')} autoComplete="email" />
          <PasswordField name="password" label={t('field.password')} isNew />
        </Form>
      )}
    </LinkPage>
  )
}

/** Confirms the contact address of a request for a university. */
export function ConfirmUniversity(): ReactElement {
  const { t } = usePortalWords()
  const { call } = useActions()
  const [isDone, setDone] = useState(false)
  const confirm = (token: string) => async (): Promise<Refusal | null> => {
    const answer = await call('POST /universities/confirm', { body: { token } })
    if (answer.ok) setDone(true)
    return answer.ok ? null : answer.refusal
  }
  return (
    <LinkPage title={t('ask.confirmTitle')} lead={t('ask.confirmBody')} over={<p>{t('ask.refusedHint')}</p>}>
      {(token, guard) =>
        isDone ? (
          <Notice kind="good">
            <p role="status">{t('ask.confirmed')}</p>
          </Notice>
        ) : (
          <Form send={guard(confirm(token))} go={t('verify.go')} />
        )
      }
    </LinkPage>
  )
}
