import { useState, type ReactElement } from 'react'
import type { Refusal } from './api.ts'
import { Form } from './form.tsx'
import { Dialog } from './parts.tsx'
import { useActions } from './portal-context.ts'
import type { PortalSpace } from './spaces.ts'
import { usePortalWords } from './words.ts'

/** Asks before a space goes; names what goes with it, and offers to bring all back afterwards. */
export function DeleteSpace(props: {
  space: PortalSpace
  onClose: () => void
  onDone: () => void
}): ReactElement {
  const { space, onClose, onDone } = props
  const { t, refusal } = usePortalWords()
  const { call, putSpaces, putRow, toast, loadTree } = useActions()
  const [children, setChildren] = useState<NonNullable<Refusal['spaces']>>([])
  const restore = async (): Promise<void> => {
    const answer = await call('POST /spaces/:id/restore', { params: { id: space.id } })
    if (!answer.ok) return toast(refusal(answer.refusal))
    putRow(answer.value)
    // What came back with it.
    await loadTree()
    toast(t('places.restored', { name: space.name }))
  }
  const remove = async (): Promise<Refusal | null> => {
    const answer = await call('DELETE /spaces/:id', {
      params: { id: space.id },
      query: { version: space.version, ...(children.length > 0 ? { withChildren: true } : {}) },
    })
    if (!answer.ok && answer.refusal.why === 'hasChildren') {
      setChildren(answer.refusal.spaces ?? [])
      return null
    }
    if (!answer.ok) {
      if (answer.refusal.why === 'stale') await loadTree()
      return answer.refusal
    }
    putSpaces(
      [],
      answer.value.deleted.map(({ id }) => id),
    )
    onDone()
    toast(t('space.deleted', { name: space.name }), () => void restore())
    return null
  }
  const count = children.length + 1
  return (
    <Dialog title={t('space.deleteAsk', { name: space.name })} onClose={onClose}>
      <Form
        key={count}
        send={remove}
        isDanger
        go={children.length === 0 ? t('space.delete') : t('space.deleteAll', { count })}
        more={
          <button type="button" className="p-button" onClick={onClose}>
            {t('app.cancel')}
          </button>
        }
      >
        {children.length > 0 && <GoesWithIt spaces={children} />}
        <p>{t('space.deleteBody')}</p>
      </Form>
    </Dialog>
  )
}

function GoesWithIt({ spaces }: { spaces: NonNullable<Refusal['spaces']> }): ReactElement {
  const { t } = usePortalWords()
  return (
    <div role="alert">
      <p>{t('space.deleteChildren')}</p>
      <ul className="p-bullets">
        {spaces.map(({ id, name }) => (
          <li key={id}>{name}</li>
        ))}
      </ul>
    </div>
  )
}
