import { useMemo, useState, type ReactElement } from 'react'
import { Link, useParams } from 'wouter'
import { may, type Act } from '#shared/domain/access.ts'
import type { Group, Member } from '#shared/domain/group.ts'
import { nameOrder } from '../../common/name-order.ts'
import { Icon } from '../../ui/icons.tsx'
import {
  ACTION_TIMEOUT_MS,
  PendingButton,
  usePendingActions,
  type PendingActions,
} from '../pending-actions.tsx'
import type { Refusal } from '../api.ts'
import { Choice, Field } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import { Card, Empty, Loading, Notice, PageHead, Problem } from '../page-elements.tsx'
import { useActions, useMe } from '../portal-context.ts'
import { actorOf } from '../store.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'
import { DeleteGroup, EditGroup } from './group-edit.tsx'

/** Whether I may do something in a group: the hub's own table, so that no button promises what it refuses. [ACC-1] */
function useMay(group: Group): (act: Act) => boolean {
  const me = useMe()
  return (act) =>
    may(actorOf(me), act, {
      universityId: me.university?.id ?? 0,
      group: { id: group.id, isSuper: group.isSuper },
    })
}

/** One group: its members, and what I may do with them. */
export function GroupPage(): ReactElement {
  const id = Number(useParams<{ id: string }>().id)
  const { t } = usePortalWords()
  const { loaded, reload, change } = useLoad('GET /groups', NOTHING)
  if (loaded.state === 'loading') return <Loading />
  if (loaded.state === 'failed') return <Problem refusal={loaded.refusal} onRetry={reload} />
  const group = loaded.value.groups.find((one) => one.id === id)
  if (group === undefined)
    return (
      <div className="p-page">
        <Empty tone="unknown" isPage title={t('refusal.notFound')}>
          <Link href="/groups" className="p-button">
            {t('groups.title')}
          </Link>
        </Empty>
      </div>
    )
  const put = (next: Group): void =>
    change(({ groups }) => ({ groups: groups.map((one) => (one.id === id ? next : one)) }))
  return <OneGroup key={id} group={group} onChange={put} />
}

function OneGroup({ group, onChange }: { group: Group; onChange: (group: Group) => void }): ReactElement {
  const { t, pair } = usePortalWords()
  const isAllowed = useMay(group)
  const [dialog, setDialog] = useState<'edit' | 'delete' | null>(null)
  const close = (): void => setDialog(null)
  return (
    <div className="p-page">
      <PageHead
        title={group.name}
        back={{ to: '/groups', label: t('groups.title') }}
        {...(group.description === null ? {} : { lead: group.description })}
      >
        {group.isSuper && <span className="p-tag">{t('groups.superGroup')}</span>}
      </PageHead>
      {group.gidNumber !== null && (
        <Notice kind="hint">
          {pair(t('groups.gid'), String(group.gidNumber))}. {t('groups.gidHint')}
        </Notice>
      )}
      <Members group={group} />
      <div className="p-actions">
        {isAllowed('editGroup') && (
          <button type="button" className="p-button" onClick={() => setDialog('edit')}>
            <Icon name="edit" />
            {t('groups.edit')}
          </button>
        )}
        {isAllowed('deleteGroup') && (
          <button type="button" className="p-button" onClick={() => setDialog('delete')}>
            <Icon name="trash" />
            {t('groups.delete')}
          </button>
        )}
      </div>
      {dialog === 'edit' && <EditGroup group={group} onClose={close} onDone={onChange} />}
      {dialog === 'delete' && <DeleteGroup group={group} onClose={close} />}
    </div>
  )
}

function Members({ group }: { group: Group }): ReactElement {
  const { t, locale, refusal } = usePortalWords()
  const { call, toast } = useActions()
  const isAllowed = useMay(group)
  const pending = usePendingActions<string>()
  const input = useMemo(() => ({ params: { id: group.id } }), [group.id])
  const { loaded, reload, change } = useLoad('GET /groups/:id/members', input)
  const put = (member: Member): void =>
    change(({ members }) => ({
      members: [...members.filter(({ userId }) => userId !== member.userId), member],
    }))
  const toggle = async ({ userId, name, permission }: Member): Promise<void> => {
    const params = { id: group.id, userId }
    const body = { permission: permission === 'admin' ? ('member' as const) : ('admin' as const) }
    const answer = await call('PUT /groups/:id/members/:userId', { params, body }, ACTION_TIMEOUT_MS)
    if (!answer.ok) return toast(refusal(answer.refusal))
    put(answer.value)
    toast(t('groups.changed', { name }))
  }
  const remove = async ({ userId, name, email, permission }: Member): Promise<void> => {
    const params = { id: group.id, userId }
    const answer = await call('DELETE /groups/:id/members/:userId', { params }, ACTION_TIMEOUT_MS)
    if (!answer.ok) return toast(refusal(answer.refusal))
    change(({ members }) => ({ members: members.filter((one) => one.userId !== userId) }))
    toast(t('groups.removed', { name }), email === null ? null : () => void add(email, permission))
  }
  const add = async (person: string, permission: Member['permission']): Promise<Refusal | null> => {
    const answer = await call('POST /groups/:id/members', {
      params: { id: group.id },
      body: { person, permission },
    })
    if (!answer.ok) return answer.refusal
    const { userId, name } = answer.value
    const isThere = loaded.state === 'ready' && loaded.value.members.some((one) => one.userId === userId)
    put(answer.value)
    toast(t(isThere ? 'groups.already' : 'groups.added', { name }))
    return null
  }
  return (
    <Card title={t('groups.membersTitle')}>
      {loaded.state === 'loading' && <Loading rows={3} />}
      {loaded.state === 'failed' && <Problem refusal={loaded.refusal} onRetry={reload} />}
      {loaded.state === 'ready' && (
        <ul className="p-lines p-lines-plain">
          {loaded.value.members.toSorted(nameOrder(locale)).map((member) => (
            <MemberLine
              key={member.userId}
              member={member}
              pending={pending}
              {...(isAllowed('changePermission') ? { onToggle: () => toggle(member) } : {})}
              {...(isAllowed('removeMember') ? { onRemove: () => remove(member) } : {})}
            />
          ))}
        </ul>
      )}
      {isAllowed('addMember') && <AddMember onAdd={add} />}
    </Card>
  )
}

function MemberLine(props: {
  member: Member
  pending: PendingActions<string>
  onToggle?: () => Promise<void>
  onRemove?: () => Promise<void>
}): ReactElement {
  const { t } = usePortalWords()
  const me = useMe()
  const { member, pending, onToggle, onRemove } = props
  const { name, email, permission, isFromDirectory, userId } = member
  const isAdmin = permission === 'admin'
  const [toggling, removing] = [`toggle ${userId}`, `remove ${userId}`]
  const facts = [
    ...(email === null || email === name ? [] : [email]),
    ...(isFromDirectory ? [t('groups.fromDirectory')] : []),
  ]
  return (
    <li>
      <span className="p-line-words">
        <span>
          <strong>{name}</strong>
          {userId === me.id && <span className="p-soft"> ({t('groups.you')})</span>}
          {isAdmin && <span className="p-tag">{t('groups.admin')}</span>}
        </span>
        {facts.length > 0 && <span className="p-soft">{facts.join(' · ')}</span>}
      </span>
      {onToggle !== undefined && (
        <PendingButton className="p-button p-button-small" pending={pending} of={toggling} act={onToggle}>
          {t(isAdmin ? 'groups.makeMember' : 'groups.makeAdmin')}
          <span className="hidden"> {name}</span>
        </PendingButton>
      )}
      {onRemove !== undefined && !isFromDirectory && (
        <PendingButton className="p-button p-button-small" pending={pending} of={removing} act={onRemove}>
          {t('groups.remove')}
          <span className="hidden"> {name}</span>
        </PendingButton>
      )}
    </li>
  )
}

function AddMember(props: {
  onAdd: (person: string, permission: Member['permission']) => Promise<Refusal | null>
}): ReactElement {
  const { t } = usePortalWords()
  const [round, setRound] = useState(0)
  const say = ({ why, at }: Refusal, values: FormValues): string | null => {
    if (why !== 'valueRefused') return null
    if (at !== '/permission') return t('groups.nobody')
    // Whoever is there already has the other role.
    const isAdmin = values.text('permission') !== 'admin'
    return t(isAdmin ? 'groups.alreadyAdmin' : 'groups.alreadyMember', { name: values.text('person') })
  }
  const add = async (values: FormValues): Promise<Refusal | null> => {
    const permission = values.text('permission') === 'admin' ? 'admin' : 'member'
    const refused = await props.onAdd(values.text('person'), permission)
    if (refused === null) setRound(round + 1)
    return refused
  }
  return (
    <div className="p-sub">
      <h3>{t('groups.addTitle')}</h3>
      <Form key={round} send={add} go={t('groups.add')} say={say}>
        <Field name="person" label={t('groups.person')} />
        <Choice
          name="permission"
          label={t('groups.permission')}
          start="member"
          options={[
            { value: 'member', label: t('groups.memberMay') },
            { value: 'admin', label: t('groups.adminMay') },
          ]}
        />
      </Form>
    </div>
  )
}
