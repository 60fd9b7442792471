import { useState, type ReactElement } from 'react'
import { saveFile } from '../save-as-file.ts'
import type { Refusal } from '../api.ts'
import { Field, PasswordField } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import { MAX_ADDRESS_LENGTH } from '../../common/limits.ts'
import { Card, Question } from '../page-elements.tsx'
import { useActions, useMe } from '../portal-context.ts'
import { usePortalWords } from '../words.ts'

// Sensitive acts: each may ask for the password again first. [POR-5]

/** Changes the password; all other sessions end. */
export function ChangePassword(): ReactElement {
  const { t } = usePortalWords()
  const { callWithPassword, toast } = useActions()
  const [round, setRound] = useState(0)
  const change = async (values: FormValues): Promise<Refusal | null> => {
    const answer = await callWithPassword('POST /me/password', {
      body: { password: values.password('password') },
    })
    if (!answer.ok) return answer.refusal
    // The field is empty again.
    setRound(round + 1)
    toast(t('profile.passwordDone'))
    return null
  }
  return (
    <Card title={t('profile.password')} lead={t('profile.passwordLead')}>
      <Form key={round} send={change} go={t('profile.passwordGo')}>
        <PasswordField name="password" label={t('field.newPassword')} isNew />
      </Form>
    </Card>
  )
}

/** Asks for another address. */
export function ChangeEmail(): ReactElement {
  const { t } = usePortalWords()
  const me = useMe()
  const { callWithPassword, toast } = useActions()
  const change = async (values: FormValues): Promise<Refusal | null> => {
    const email = values.text('email')
    const answer = await callWithPassword('POST /me/email', { body: { email } })
    if (!answer.ok) return answer.refusal
    toast(t('profile.emailSent', { email }))
    return null
  }
  /** No account is created here. */
  const say = ({ why, at }: Refusal, values: FormValues): string | null => {
    if (why !== 'addressRefused') return null
    // Without a field: it is of the university, and no mail server in reach takes it. [IDN-18]
    if (at !== '/email') return t('refusal.contactRefused')
    const isSame = values.text('email').toLowerCase() === me.email?.toLowerCase()
    return t(isSame ? 'profile.emailSame' : 'profile.emailElsewhere')
  }
  return (
    <Card title={t('profile.email')} lead={t('profile.emailLead')}>
      <Form send={change} go={t('profile.emailGo')} say={say}>
        <Field
          name="email"
          type="email"
          label={t('profile.newEmail')}
          autoComplete="email"
          maxLength={MAX_ADDRESS_LENGTH}
        />
      </Form>
    </Card>
  )
}

/** Everything that is stored about me, as one file. */
export function ExportData(): ReactElement {
  const { t } = usePortalWords()
  const { callWithPassword, toast } = useActions()
  const load = async (): Promise<Refusal | null> => {
    const answer = await callWithPassword('GET /me/export', {})
    if (!answer.ok) return answer.refusal
    saveFile('carrel-my-data.json', 'application/json', JSON.stringify(answer.value, null, 2))
    toast(t('profile.exported'))
    return null
  }
  return (
    <Card title={t('profile.data')} lead={t('profile.dataLead')}>
      <Form send={load} go={t('profile.export')} isPlain />
    </Card>
  )
}

/** Deletes the account, after a question. */
export function DeleteAccount(): ReactElement {
  const { t } = usePortalWords()
  const { callWithPassword, leave } = useActions()
  const [isAsking, setAsking] = useState(false)
  const remove = async (): Promise<Refusal | null> => {
    const answer = await callWithPassword('DELETE /me', {})
    if (!answer.ok) return answer.refusal
    leave('deleted')
    return null
  }
  return (
    <Card title={t('profile.delete')} lead={t('profile.deleteLead')}>
      <button type="button" className="p-button p-button-quiet-danger" onClick={() => setAsking(true)}>
        {t('profile.delete')}
      </button>
      {isAsking && (
        <Question title={t('profile.deleteAsk')} onClose={() => setAsking(false)}>
          <Form
            send={remove}
            isDanger
            go={t('profile.deleteGo')}
            more={
              <button type="button" className="p-button" onClick={() => setAsking(false)}>
                {t('app.cancel')}
              </button>
            }
          >
            <p>{t('profile.deleteLead')}</p>
            <p>
              <strong>{t('profile.deleteBody')}</strong>
            </p>
          </Form>
        </Question>
      )}
    </Card>
  )
}
