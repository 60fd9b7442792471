import type { ReactElement } from 'react'
import type { Refusal } from './api.ts'
import { Form, PasswordField, type FormValues } from './form.tsx'
import { Dialog } from './parts.tsx'
import { useActions, usePortal } from './portal-context.ts'
import { usePortalWords } from './words.ts'

/** Asks for the password before a sensitive act; closing it means no. [POR-5] */
export function ConfirmPassword(): ReactElement | null {
  const { t } = usePortalWords()
  const { call } = useActions()
  const asking = usePortal((state) => state.asking)
  if (asking === null) return null
  const confirm = async (values: FormValues): Promise<Refusal | null> => {
    const answer = await call('POST /auth/confirm', { body: { password: values.password('password') } })
    if (!answer.ok)
      return answer.refusal.why === 'credentialsRefused'
        ? { ...answer.refusal, at: '/password' }
        : answer.refusal
    asking.resolve(true)
    return null
  }
  return (
    <Dialog title={t('confirm.title')} onClose={() => asking.resolve(false)}>
      <Form send={confirm} go={t('confirm.go')}>
        <p className="p-soft">{t('confirm.body')}</p>
        <PasswordField name="password" label={t('field.password')} />
      </Form>
    </Dialog>
  )
}
