import { useState, type ReactElement } from 'react'
import { Link, useLocation } from 'wouter'
import { may } from '#shared/domain/access.ts'
import { nameOrder, type CompareNames } from '../../common/name-order.ts'
import { Icon } from '../../ui/icons.tsx'
import type { Refusal } from '../api.ts'
import { Field, TextArea } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import { MAX_GROUP_DESCRIPTION_LENGTH, MAX_GROUP_NAME_LENGTH } from '../../common/limits.ts'
import { Question, Empty, Loading, PageHead, Problem } from '../page-elements.tsx'
import { useActions, useMe } from '../portal-context.ts'
import { actorOf } from '../store.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'

function superFirst<Group extends { name: string; isSuper: boolean }>(
  groups: readonly Group[],
  byName: CompareNames,
): Group[] {
  return groups.toSorted((left, right) => Number(right.isSuper) - Number(left.isSuper) || byName(left, right))
}

/** Groups that I see; the super group makes new ones. */
export function Groups(): ReactElement {
  const me = useMe()
  const { t, locale } = usePortalWords()
  const { loaded, reload } = useLoad('GET /groups', NOTHING)
  const [isNew, setNew] = useState(false)
  const mayCreate =
    me.university !== null && may(actorOf(me), 'createGroup', { universityId: me.university.id })
  return (
    <div className="p-page">
      <PageHead title={t('groups.title')} back={{ to: '/profile', label: t('nav.profile'), isNarrow: true }}>
        {mayCreate && (
          <button type="button" className="p-button" onClick={() => setNew(true)}>
            <Icon name="plus" />
            {t('groups.new')}
          </button>
        )}
      </PageHead>
      {loaded.state === 'loading' && <Loading />}
      {loaded.state === 'failed' && <Problem refusal={loaded.refusal} onRetry={reload} />}
      {loaded.state === 'ready' && loaded.value.groups.length === 0 && (
        <Empty title={t('groups.empty')} hint={t('groups.emptyHint')} />
      )}
      {loaded.state === 'ready' && loaded.value.groups.length > 0 && (
        <ul className="p-rows p-branch">
          {superFirst(loaded.value.groups, nameOrder(locale)).map(
            ({ id, name, description, isSuper, memberCount }) => (
              <li key={id}>
                <Link href={`/groups/${id}`} className="p-row">
                  <span className="p-mark p-mark-plain">
                    <Icon name="people" />
                  </span>
                  <span className="p-row-words">
                    <span className="p-row-name">{name}</span>
                    <span className="p-row-state">
                      {isSuper && <strong>{t('groups.superGroup')}</strong>}
                      <span>{t('groups.members', { count: memberCount })}</span>
                    </span>
                    {description !== null && <span className="p-row-within">{description}</span>}
                  </span>
                  <Icon name="next" />
                </Link>
              </li>
            ),
          )}
        </ul>
      )}
      {isNew && <NewGroup onClose={() => setNew(false)} />}
    </div>
  )
}

function NewGroup({ onClose }: { onClose: () => void }): ReactElement {
  const { t } = usePortalWords()
  const { call, toast } = useActions()
  const [, go] = useLocation()
  const create = async (values: FormValues): Promise<Refusal | null> => {
    const [name, description, gid] = [values.text('name'), values.text('description'), values.text('gid')]
    const answer = await call('POST /groups', {
      body: {
        name,
        ...(description === '' ? {} : { description }),
        ...(gid === '' ? {} : { gidNumber: Number(gid) }),
      },
    })
    if (!answer.ok) return answer.refusal
    toast(t('groups.created', { name }))
    go(`/groups/${answer.value.id}`)
    return null
  }
  return (
    <Question title={t('groups.new')} onClose={onClose}>
      <Form send={create} go={t('groups.create')}>
        <Field name="name" label={t('groups.name')} maxLength={MAX_GROUP_NAME_LENGTH} />
        <TextArea
          name="description"
          label={t('groups.description')}
          start=""
          maxLength={MAX_GROUP_DESCRIPTION_LENGTH}
        />
        <Field
          name="gid"
          type="number"
          label={t('groups.gid')}
          hint={t('groups.gidHint')}
          min={0}
          max={4_294_967_295}
          isOptional
        />
      </Form>
    </Question>
  )
}
