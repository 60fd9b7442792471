import type { ReactElement } from 'react'
import { Icon } from '../../ui/icons.tsx'
import { ACT_LIMIT_MS, ActButton, useActing } from '../act.tsx'
import { deviceOf } from '../device.ts'
import { Card, Loading, Problem } from '../parts.tsx'
import { useActions, usePortal } from '../portal-context.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'

/** Where I am signed in; a session that is not mine is ended with one tap. */
export function Sessions(): ReactElement {
  const { t, ago, refusal } = usePortalWords()
  const { call, toast, leave } = useActions()
  const nowMs = usePortal((state) => state.nowMs)
  const acting = useActing<number | 'all'>()
  const { loaded, reload, change } = useLoad('GET /auth/sessions', NOTHING)
  const end = async (id: number): Promise<void> => {
    const answer = await call('DELETE /auth/sessions/:id', { params: { id } }, ACT_LIMIT_MS)
    if (!answer.ok) return toast(refusal(answer.refusal))
    change(({ sessions }) => ({ sessions: sessions.filter((session) => session.id !== id) }))
    toast(t('profile.notMeDone'))
  }
  const endAll = async (): Promise<void> => {
    const answer = await call('DELETE /auth/sessions', {}, ACT_LIMIT_MS)
    if (!answer.ok) return toast(refusal(answer.refusal))
    leave('out')
  }
  return (
    <Card title={t('profile.sessions')}>
      {loaded.state === 'loading' && <Loading rows={2} />}
      {loaded.state === 'failed' && <Problem refusal={loaded.refusal} onRetry={reload} />}
      {loaded.state === 'ready' && (
        <ul className="p-lines p-lines-plain">
          {loaded.value.sessions.map(({ id, isThis, userAgent, address, signedInAtMs, lastSeenAtMs }) => (
            <li key={id}>
              <Icon name="device" />
              <span className="p-line-words">
                <strong>{deviceOf(userAgent) ?? t('profile.unknownDevice')}</strong>
                <span className="p-soft">
                  {[
                    isThis ? t('profile.thisSession') : t('profile.seen', { age: ago(lastSeenAtMs, nowMs) }),
                    t('profile.signedIn', { age: ago(signedInAtMs, nowMs) }),
                    ...(address === null ? [] : [address]),
                  ].join(' · ')}
                </span>
              </span>
              {!isThis && (
                <ActButton className="p-button p-button-small" acting={acting} of={id} act={() => end(id)}>
                  {t('profile.notMe')}
                </ActButton>
              )}
            </li>
          ))}
        </ul>
      )}
      <ActButton className="p-button" acting={acting} of="all" act={endAll}>
        {t('profile.endAll')}
      </ActButton>
    </Card>
  )
}
