import type { ReactElement } from 'react'
import { LiveRegion } from '../common/live-region.tsx'
import { Icon } from '../ui/icons.tsx'
import type { Refusal } from './api.ts'
import { PasswordField } from './fields.tsx'
import { Form, type FormValues } from './form.tsx'
import { Question } from './page-elements.tsx'
import { useActions, usePortal } from './portal-context.ts'
import { usePortalWords } from './words.ts'

/** What lies over every page: the question for the password, the toast, what a screen reader reads out. */
export function Overlays(): ReactElement {
  return (
    <>
      <ConfirmPassword />
      <Toasts />
      <Announcements />
    </>
  )
}

/** Asks for the password before a sensitive act; closing it means no. [POR-5] */
function ConfirmPassword(): ReactElement | null {
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
    <Question title={t('confirm.title')} onClose={() => asking.resolve(false)}>
      <Form send={confirm} go={t('confirm.go')} isPasswordAsked>
        <p className="p-soft">{t('confirm.body')}</p>
        <PasswordField name="password" label={t('field.password')} />
      </Form>
    </Question>
  )
}

/** The toast, with its undo. */
function Toasts(): ReactElement | null {
  const { t } = usePortalWords()
  const { hideToast } = useActions()
  const toast = usePortal((state) => state.toast)
  if (toast === null) return null
  const undo = (): void => {
    toast.undo?.()
    hideToast()
  }
  return (
    <aside className="p-toast" key={toast.id} aria-label={t('app.news')}>
      <p>{toast.text}</p>
      {toast.undo !== null && (
        <button type="button" className="p-button p-button-small" onClick={undo}>
          <Icon name="undo" />
          {t('space.undo')}
        </button>
      )}
      <button type="button" className="p-icon-button" aria-label={t('app.close')} onClick={hideToast}>
        <Icon name="close" />
      </button>
    </aside>
  )
}

/** What a screen reader hears. */
function Announcements(): ReactElement {
  const { number, text } = usePortal((state) => state.announcement)
  return <LiveRegion number={number} text={text} />
}
