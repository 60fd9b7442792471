import { useMemo, useState, type ReactElement } from 'react'
import { useLocation } from 'wouter'
import type { Group } from '#shared/domain/group.ts'
import type { Refusal } from '../api.ts'
import { Field, TextArea } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import { MAX_GROUP_DESCRIPTION_LENGTH, MAX_GROUP_NAME_LENGTH } from '../../common/limits.ts'
import { Question, Loading, Notice, Problem } from '../page-elements.tsx'
import { useActions } from '../portal-context.ts'
import { useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'

/** Changes name and description; when somebody else did meanwhile, shows theirs and lets save again. */
export function EditGroup(props: {
  group: Group
  onClose: () => void
  onDone: (group: Group) => void
}): ReactElement {
  const { t, pair } = usePortalWords()
  const { call, toast } = useActions()
  const [theirs, setTheirs] = useState<Group | null>(null)
  const { version } = theirs ?? props.group
  const save = async (values: FormValues): Promise<Refusal | null> => {
    const description = values.text('description')
    const answer = await call('PATCH /groups/:id', {
      params: { id: props.group.id },
      body: { version, name: values.text('name'), description: description === '' ? null : description },
    })
    if (!answer.ok) {
      if (answer.refusal.why === 'stale' && answer.refusal.current !== undefined)
        setTheirs(answer.refusal.current as Group)
      return answer.refusal.why === 'stale' ? null : answer.refusal
    }
    props.onDone(answer.value)
    props.onClose()
    toast(t('app.saved'))
    return null
  }
  return (
    <Question title={t('groups.edit')} onClose={props.onClose}>
      <Form send={save} go={t('app.save')} going={t('app.saving')}>
        {theirs !== null && (
          <Notice kind="hint">
            <p role="alert">{t('stale.title')}</p>
            <p>
              {pair(t('stale.theirs'), '')}
              <strong>{theirs.name}</strong> {theirs.description}
            </p>
          </Notice>
        )}
        <Field
          name="name"
          label={t('groups.name')}
          start={props.group.name}
          maxLength={MAX_GROUP_NAME_LENGTH}
        />
        <TextArea
          name="description"
          label={t('groups.description')}
          start={props.group.description ?? ''}
          maxLength={MAX_GROUP_DESCRIPTION_LENGTH}
        />
      </Form>
    </Question>
  )
}

/** Says what hangs on a group before it is deleted. */
export function DeleteGroup({ group, onClose }: { group: Group; onClose: () => void }): ReactElement {
  const { t } = usePortalWords()
  const { callWithPassword, toast } = useActions()
  const [, go] = useLocation()
  const input = useMemo(() => ({ params: { id: group.id } }), [group.id])
  const { loaded, reload } = useLoad('GET /groups/:id/deletion', input)
  const remove = async (): Promise<Refusal | null> => {
    const query = { version: group.version }
    const answer = await callWithPassword('DELETE /groups/:id', { params: { id: group.id }, query })
    if (!answer.ok) return answer.refusal
    toast(t('groups.deleted', { name: group.name }))
    go('/groups')
    return null
  }
  return (
    <Question title={t('groups.deleteAsk', { name: group.name })} onClose={onClose}>
      {loaded.state === 'loading' && <Loading rows={1} />}
      {loaded.state === 'failed' && <Problem refusal={loaded.refusal} onRetry={reload} />}
      {loaded.state === 'ready' && (
        <Form
          send={remove}
          isDanger
          go={t('groups.deleteGo')}
          more={
            <button type="button" className="p-button" onClick={onClose}>
              {t('app.cancel')}
            </button>
          }
        >
          <p>
            {t(loaded.value.bookingCount === 0 ? 'groups.deleteMembers' : 'groups.deleteHangs', {
              members: t('groups.members', { count: loaded.value.memberCount }),
              bookings: t('groups.bookings', { count: loaded.value.bookingCount }),
            })}
          </p>
        </Form>
      )}
    </Question>
  )
}
