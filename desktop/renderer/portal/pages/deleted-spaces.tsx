import { useEffect, useRef, type ReactElement } from 'react'
import { ACTION_TIMEOUT_MS, PendingButton, usePendingActions } from '../pending-actions.tsx'
import { Problem } from '../page-elements.tsx'
import { useActions, usePortal } from '../portal-context.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'

/** Deleted spaces that somebody may bring back. Says nothing where there are none. */
export function DeletedSpaces(): ReactElement | null {
  const { t, refusal, moment } = usePortalWords()
  const { call, putRow, toast } = useActions()
  const pending = usePendingActions<number>()
  const { loaded, reload, refresh, change } = useLoad('GET /spaces/deleted', NOTHING)
  const tree = usePortal((state) => state.tree)
  const living = tree.state === 'ready' ? tree.spaces : null
  const count = living?.size ?? null
  // Another page, or an undo, may have deleted or brought back something.
  const lastCount = useRef(count)
  useEffect(() => {
    if (count === lastCount.current) return
    lastCount.current = count
    refresh()
  }, [count, refresh])
  if (loaded.state === 'loading') return null
  if (loaded.state === 'failed') return <Problem refusal={loaded.refusal} onRetry={reload} />
  // What lives again needs no bringing back, however late the hub's list is.
  const spaces = loaded.value.spaces.filter(({ id }) => living?.has(id) !== true)
  if (spaces.length === 0) return null
  const restore = async (id: number, name: string): Promise<void> => {
    const answer = await call('POST /spaces/:id/restore', { params: { id } }, ACTION_TIMEOUT_MS)
    if (!answer.ok) return toast(refusal(answer.refusal))
    putRow(answer.value)
    change((before) => ({ spaces: before.spaces.filter((space) => space.id !== id) }))
    toast(t('places.restored', { name }))
  }
  return (
    <section className="p-branch" aria-labelledby="mine-deleted">
      <h2 id="mine-deleted" className="p-branch-title">
        {t('places.deleted')}
      </h2>
      <p className="p-soft p-branch-lead">{t('places.deletedHint')}</p>
      <ul className="p-lines">
        {spaces.map(({ id, name, within, deletedAtMs }) => (
          <li key={id}>
            <span className="p-line-words">
              <strong>{name}</strong>
              {within.length > 0 && <span className="p-soft">{within.join(' · ')}</span>}
              <span className="p-soft">{t('places.deletedAt', { when: moment(deletedAtMs) })}</span>
            </span>
            <PendingButton
              className="p-button p-button-small"
              pending={pending}
              of={id}
              act={() => restore(id, name)}
            >
              {t('places.restore')}
              <span className="hidden"> {name}</span>
            </PendingButton>
          </li>
        ))}
      </ul>
    </section>
  )
}
