import { useState, type ReactElement } from 'react'
import { may } from '#shared/domain/access.ts'
import { childrenByParent, getAllDescendants } from '#shared/domain/space.ts'
import type { Refusal } from '../api.ts'
import { Field } from '../fields.tsx'
import { Form } from '../form.tsx'
import { Question } from '../page-elements.tsx'
import { useActions, useMe, useMoment } from '../portal-context.ts'
import type { PortalSpace } from '../portal-spaces.ts'
import { actorOf } from '../store.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'

/**
 * Asks before a space goes, and offers to bring it back afterwards. Where others are in it, says how many of which kind go
 * with it, and wants its name typed: a library is not deleted like a seat. [POR-20]
 */
export function DeleteSpace(props: {
  space: PortalSpace
  onClose: () => void
  onDone: () => void
}): ReactElement {
  const { space, onClose, onDone } = props
  const { t, refusal } = usePortalWords()
  const { call, putSpaces, putRow, toast, loadTree } = useActions()
  const moment = useMoment()
  // What the hub knows of and this page does not yet.
  const [children, setChildren] = useState<NonNullable<Refusal['spaces']>>([])
  const inIt =
    moment === null ? [] : getAllDescendants(childrenByParent([...moment.spaces.values()]), space.id)
  const hasParts = inIt.length + children.length > 0
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
      query: { version: space.version, ...(hasParts ? { withChildren: true } : {}) },
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
  const me = useMe()
  const isStaff = may(actorOf(me), 'seeKiosks', { universityId: me.university?.id ?? 0 })
  const count = Math.max(inIt.length, children.length) + 1
  return (
    <Question title={t('space.deleteAsk', { name: space.name })} onClose={onClose}>
      <Form
        key={String(hasParts)}
        send={remove}
        isDanger
        go={hasParts ? t('space.deleteAll', { count }) : t('space.delete')}
        more={
          <button type="button" className="p-button" onClick={onClose}>
            {t('app.cancel')}
          </button>
        }
      >
        {hasParts && <GoesWithIt space={space} inIt={inIt} tops={children} />}
        {isStaff && <Kiosks ids={new Set([space.id, ...inIt.map(({ id }) => id)])} />}
        <p>{t('space.deleteBody')}</p>
        {hasParts && (
          <Field name="again" label={t('space.deleteName', { name: space.name })} exactly={space.name} />
        )}
      </Form>
    </Question>
  )
}

/** How many of which kind go with it, and the names of what stands directly in it. */
function GoesWithIt(props: {
  space: PortalSpace
  inIt: readonly PortalSpace[]
  tops: NonNullable<Refusal['spaces']>
}): ReactElement {
  const { space, inIt, tops } = props
  const { t, kind: word, list, pair } = usePortalWords()
  const kinds = [...new Set(inIt.map(({ kind }) => kind))]
  const counts = kinds.map((kind) => pair(word(kind), String(inIt.filter((one) => one.kind === kind).length)))
  const direct = inIt.filter(({ parentId }) => parentId === space.id)
  const names = (direct.length > 0 ? direct : tops).map(({ name }) => name)
  return (
    <div role="alert">
      <p>{t('space.deleteChildren')}</p>
      <ul className="p-bullets">
        {counts.length > 0 && (
          <li>
            <strong>{counts.join(' · ')}</strong>
          </li>
        )}
        <li>
          {list(names.slice(0, NAMED))}
          {names.length > NAMED && ' …'}
        </li>
      </ul>
    </div>
  )
}

/** So many names tell which place is meant; all of a library's fill a page. */
const NAMED = 8

/** How many kiosks lose their place. */
function Kiosks({ ids }: { ids: ReadonlySet<number> }): ReactElement | null {
  const { t } = usePortalWords()
  const { loaded } = useLoad('GET /kiosks', NOTHING)
  const count =
    loaded.state === 'ready' ? loaded.value.kiosks.filter(({ spaceId }) => ids.has(spaceId)).length : 0
  return count === 0 ? null : (
    <p role="status">
      <strong>{t('space.deleteKiosks', { count })}</strong>
    </p>
  )
}
