import type { ReactElement } from 'react'
import { Icon } from '../../ui/icons.tsx'
import { ACTION_TIMEOUT_MS, PendingButton, usePendingActions } from '../pending-actions.tsx'
import { Card, Loading, Problem } from '../page-elements.tsx'
import { useActions, usePortal } from '../portal-context.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'

/** Where I am signed in; a session that is not mine is ended with one tap. */
export function Sessions(): ReactElement {
  const { t, ago, refusal } = usePortalWords()
  const { call, toast, leave } = useActions()
  const nowMs = usePortal((state) => state.nowMs)
  const pending = usePendingActions<string>()
  const { loaded, reload, change } = useLoad('GET /auth/sessions', NOTHING)
  /** `said`: that it was somebody else's, or merely that it is done. */
  const end = async (id: number, said: 'notMeDone' | 'deviceOut'): Promise<void> => {
    const answer = await call('DELETE /auth/sessions/:id', { params: { id } }, ACTION_TIMEOUT_MS)
    if (!answer.ok) return toast(refusal(answer.refusal))
    change(({ sessions }) => ({ sessions: sessions.filter((session) => session.id !== id) }))
    toast(t(`profile.${said}`))
  }
  const endAll = async (): Promise<void> => {
    const answer = await call('DELETE /auth/sessions', {}, ACTION_TIMEOUT_MS)
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
              {!isThis &&
                (['deviceOut', 'notMeDone'] as const).map((said) => (
                  <PendingButton
                    key={said}
                    className="p-button p-button-small"
                    pending={pending}
                    of={`${said} ${id}`}
                    act={() => end(id, said)}
                  >
                    {t(said === 'deviceOut' ? 'nav.signOut' : 'profile.notMe')}
                    <span className="hidden"> {deviceOf(userAgent)}</span>
                  </PendingButton>
                ))}
            </li>
          ))}
        </ul>
      )}
      <PendingButton className="p-button" pending={pending} of="all" act={endAll}>
        {t('profile.endAll')}
      </PendingButton>
    </Card>
  )
}

// Good enough for a person to tell a phone from a laptop; nothing is decided by it.

const BROWSERS: [RegExp, string][] = [
  [/\bEdgA?\//, 'Edge'],
  [/\b(?:OPR|Opera)\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bChrome\/|\bCriOS\/|\bHeadlessChrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

const SYSTEMS: [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b|\bMacintosh\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
]

/** "Firefox · Android"; null where a user agent says nothing that people know. */
export function deviceOf(userAgent: string | null): string | null {
  if (userAgent === null) return null
  const find = (list: typeof BROWSERS): string | undefined =>
    list.find(([pattern]) => pattern.test(userAgent))?.[1]
  const words = [find(BROWSERS), find(SYSTEMS)].filter((word) => word !== undefined)
  return words.length === 0 ? null : words.join(' · ')
}
