import { useState, type ReactElement } from 'react'
import { Link, useLocation } from 'wouter'
import { may } from '#shared/domain/access.ts'
import { childrenByParent } from '#shared/domain/space.ts'
import { todaySpans } from '../../common/tree-moment.ts'
import { Icon } from '../../ui/icons.tsx'
import { Shape } from '../../ui/shapes.tsx'
import { ACTION_TIMEOUT_MS, pendingProps, PendingSign, usePendingActions } from '../pending-actions.tsx'
import { DeleteSpace } from './delete-space.tsx'
import { SpaceAbout } from './space-about.tsx'
import { Empty, Loading, Notice } from '../page-elements.tsx'
import { Counts, SpaceRows, useListNow } from './space-rows.tsx'
import { entryOf, type Entry } from '../space-list.ts'
import { useActions, useMe, usePortal, usePortalHandle } from '../portal-context.ts'
import { ReportPanel } from './report-panel.tsx'
import type { PortalMoment, PortalSpace } from '../portal-spaces.ts'
import { actorOf } from '../store.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'
import { SpaceStaff } from './space-staff.tsx'

/** One place: how it is, how old that is, one tap to say otherwise, and all that is known of it. */
export function SpacePage({ id, moment }: { id: number; moment: PortalMoment | null }): ReactElement {
  const space = moment?.spaces.get(id)
  if (moment === null) return <Loading rows={4} />
  if (space === undefined) return <Gone id={id} />
  return <Place key={id} space={space} moment={moment} />
}

/** A place that is not there; who may restore it hears where. */
function Gone({ id }: { id: number }): ReactElement {
  const { t } = usePortalWords()
  const { loaded } = useLoad('GET /spaces/deleted', NOTHING)
  const isMine = loaded.state === 'ready' && loaded.value.spaces.some((space) => space.id === id)
  return (
    <Empty
      tone="unknown"
      isPage
      title={t('space.gone')}
      {...(isMine ? { hint: t('space.goneRestore') } : {})}
    >
      <Link href={isMine ? '/mine' : '/'} className="p-button">
        {t(isMine ? 'nav.mine' : 'app.home')}
      </Link>
    </Empty>
  )
}

function Place({ space, moment }: { space: PortalSpace; moment: PortalMoment }): ReactElement {
  const { t, closed, hours } = usePortalWords()
  const me = useMe()
  const listPath = usePortal((state) => state.listPath)
  const entry = entryOf(moment, space)
  const isStaff = may(actorOf(me), 'letOnKiosks', { universityId: me.university?.id ?? 0 })
  const isOpen = entry.tone !== 'closed'
  const opening = closed(moment.opennessOf(space.id))
  // "Closed today" where it does not open today at all.
  const today = todaySpans(moment, space.id)?.length === 0 ? [hours([])] : []
  return (
    <article className="p-place" aria-labelledby="place-name">
      <Link href={listPath} className="p-back p-narrow-only">
        <Icon name="back" />
        {t(listPath === '/mine' ? 'nav.mine' : 'nav.places')}
      </Link>
      <SpaceState entry={entry} space={space} moment={moment} />
      {entry.isLeaf && isOpen && <ReportPanel spaceId={space.id} kind={space.kind} />}
      {!isOpen && (
        <Notice kind="hint">{[...today, opening].filter((text) => text !== '').join(' · ')}</Notice>
      )}
      {!entry.isPublic && <Notice kind="hint">{t(space.isMine ? 'space.hiddenOwn' : 'space.hidden')}</Notice>}
      <Parts space={space} moment={moment} isLeaf={entry.isLeaf} />
      <SpaceAbout space={space} capacity={entry.capacity} moment={moment} />
      <SpaceActions space={space} />
      {isStaff && <SpaceStaff space={space} moment={moment} isLeaf={entry.isLeaf} />}
    </article>
  )
}

/** The state in its colour: word, shape, age. Nothing fresh is neutral, never free. [OCC-6] [POR-4] */
function SpaceState(props: { entry: Entry; space: PortalSpace; moment: PortalMoment }): ReactElement {
  const { entry, space, moment } = props
  const { tone, age, newest, t, refusal } = usePortalWords()
  const { actions } = usePortalHandle()
  const pending = usePendingActions<'track'>()
  const toggle = async (): Promise<void> => {
    const params = { id: space.id }
    const answer = space.isTracked
      ? await actions.call('DELETE /spaces/:id/tracked', { params }, ACTION_TIMEOUT_MS)
      : await actions.call('PUT /spaces/:id/tracked', { params }, ACTION_TIMEOUT_MS)
    if (!answer.ok) return actions.toast(refusal(answer.refusal))
    actions.setTracked(space.id, !space.isTracked)
    actions.announce(t(space.isTracked ? 'space.nowUntracked' : 'space.nowTracked', { name: space.name }))
  }
  return (
    <header className="p-state" data-tone={entry.tone}>
      <Shape tone={entry.tone} />
      <div className="p-state-words">
        <p className="p-state-within">{entry.within.join(' · ')}</p>
        <h1 id="place-name" tabIndex={-1}>
          {space.name}
        </h1>
        <strong className="p-state-word">{tone(entry.tone)}</strong>
        <p className="p-state-age">
          {entry.tone === 'closed' ? '' : (entry.isLeaf ? age : newest)(entry.reportedAtMs, moment.nowMs)}
          <Counts entry={entry} />
        </p>
      </div>
      <button
        type="button"
        className="p-icon-button p-star"
        data-on={space.isTracked}
        aria-pressed={space.isTracked}
        aria-label={t('space.track')}
        {...pendingProps(pending.keys.has('track'))}
        onClick={() => pending.start('track', toggle)}
      >
        <PendingSign isPending={pending.keys.has('track')}>
          <Icon name="star" />
        </PendingSign>
      </button>
    </header>
  )
}

/** What stands in it. Parts that are not on public screens make no composite of it: it is still reported on itself. */
function Parts(props: { space: PortalSpace; moment: PortalMoment; isLeaf: boolean }): ReactElement | null {
  const { space, moment, isLeaf } = props
  const { t } = usePortalWords()
  const nowMs = useListNow()
  const children = childrenByParent([...moment.listed.values()]).get(space.id) ?? []
  const spaces = children.map((child) => entryOf(moment, child))
  if (spaces.length === 0) return null
  return (
    <section className="p-branch" aria-labelledby="place-parts">
      <h2 id="place-parts" className="p-branch-title">
        {t('space.parts')}
      </h2>
      {!isLeaf && <p className="p-soft p-branch-lead">{t('space.partsHint')}</p>}
      <SpaceRows spaces={spaces} nowMs={nowMs} />
    </section>
  )
}

function SpaceActions({ space }: { space: PortalSpace }): ReactElement | null {
  const { t } = usePortalWords()
  const [, go] = useLocation()
  const { announce } = useActions()
  const [isAsking, setAsking] = useState(false)
  if (!space.isMineToEdit) return null
  const done = (): void => {
    setAsking(false)
    announce(t('space.deleted', { name: space.name }))
    go('/mine')
  }
  return (
    <div className="p-actions">
      <Link href={`/spaces/${space.id}/edit`} className="p-button">
        <Icon name="edit" />
        {t('space.edit')}
      </Link>
      {space.parentId !== null && (
        <button type="button" className="p-button" onClick={() => setAsking(true)}>
          <Icon name="trash" />
          {t('space.delete')}
        </button>
      )}
      {isAsking && <DeleteSpace space={space} onClose={() => setAsking(false)} onDone={done} />}
    </div>
  )
}
