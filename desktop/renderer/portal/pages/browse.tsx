import { useEffect, useRef, useState, type ReactElement } from 'react'
import { Link, useRoute } from 'wouter'
import { Filters } from './filters.tsx'
import { Empty, Loading, Notice, PageHead, Problem } from '../page-elements.tsx'
import { BranchCard, Counts, SpaceRows, useListNow } from './space-rows.tsx'
import {
  bestSpaces,
  idsOfSpaceList,
  ownListsOf,
  spaceListOf,
  universityEntry,
  type Entry,
  type OwnLists,
} from '../space-list.ts'
import { useActions, useMe, useMoment, usePortal } from '../portal-context.ts'
import type { PortalMoment } from '../portal-spaces.ts'
import { useIsInUse, useFrozenList } from '../../common/frozen-list.ts'
import { usePortalWords } from '../words.ts'
import { DeletedSpaces } from './deleted-spaces.tsx'
import { SpacePage } from './space.tsx'

/** The list and the place that is open: side by side where there is room, one after the other on a phone. */
export function Browse(): ReactElement {
  const [isSpace, params] = useRoute('/spaces/:id')
  const [isMine] = useRoute('/mine')
  const spaceId = isSpace ? Number(params.id) : null
  const tree = usePortal((state) => state.tree)
  const moment = useMoment()
  const { t } = usePortalWords()
  const { retryTree, openList } = useActions()
  useEffect(() => {
    if (!isSpace) openList(isMine ? '/mine' : '/')
  }, [isSpace, isMine, openList])
  const list = useRef<HTMLDivElement>(null)
  const detail = useRef<HTMLDivElement>(null)
  const [isListHandled, isDetailHandled] = [useIsInUse(list), useIsInUse(detail)]
  const whole = moment === null || isMine ? null : universityEntry(moment)
  return (
    <div className="p-browse" data-open={spaceId !== null}>
      <div className="p-list" ref={list}>
        {/* One title from loading to list: a reader who was taken to it stays there. */}
        <PageHead title={t(isMine ? 'places.mineTitle' : 'places.title')}>
          {whole !== null && <Counts entry={whole} />}
        </PageHead>
        {tree.state === 'failed' && <Problem refusal={tree.refusal} onRetry={retryTree} />}
        {tree.state === 'loading' && <Loading rows={7} />}
        {moment !== null && isMine && <OwnSpaces moment={moment} isHandled={isListHandled} />}
        {moment !== null && !isMine && <AllSpaces moment={moment} isHandled={isListHandled} />}
      </div>
      <div className="p-detail" ref={detail}>
        {spaceId === null ? (
          moment !== null && <Overview moment={moment} isHandled={isDetailHandled} />
        ) : (
          <SpacePage id={spaceId} moment={moment} />
        )}
      </div>
    </div>
  )
}

/** A list at a moment; handled, it stands still. [POR-10] */
interface ListProps {
  moment: PortalMoment
  isHandled: boolean
}

function AllSpaces({ moment, isHandled }: ListProps): ReactElement {
  const { t } = usePortalWords()
  const { clearFilter } = useActions()
  const me = useMe()
  const filter = usePortal((state) => state.filter)
  const toggled = usePortal((state) => state.toggledSections)
  const nowMs = useListNow()
  const [openId, setOpenId] = useState<number | null>(null)
  const spaces = useFrozenList(
    isHandled,
    JSON.stringify(filter),
    (frozen) => spaceListOf(moment, filter, { toggled, openId, frozen }),
    idsOfSpaceList,
  )
  const firstId = spaces.branches.find(({ isOpen }) => isOpen)?.entry?.id ?? null
  if (openId === null && firstId !== null) setOpenId(firstId)
  const isEmpty = spaces.leafCount === 0
  return (
    <>
      {!isEmpty && <Filters moment={moment} spaces={spaces} />}
      {isEmpty && (
        <Empty title={t('places.empty')} hint={t('places.emptyHint')}>
          <Link href="/spaces/new" className="p-button">
            {t('nav.add')}
          </Link>
        </Empty>
      )}
      {!isEmpty && spaces.foundCount === 0 && (
        <Empty tone="unknown" title={t('places.nothing')} hint={t('places.nothingHint')}>
          <button type="button" className="p-button" onClick={clearFilter}>
            {t('places.clear')}
          </button>
        </Empty>
      )}
      <div className="p-branches" data-university={me.university?.id}>
        {spaces.branches.map((branch) => (
          <BranchCard key={branch.entry?.id ?? 0} branch={branch} nowMs={nowMs} />
        ))}
      </div>
    </>
  )
}

/** What somebody put on their own dashboard, what they made, and what they may bring back. */
function OwnSpaces({ moment, isHandled }: ListProps): ReactElement {
  const { t } = usePortalWords()
  const nowMs = useListNow()
  const { tracked, own } = useFrozenList(isHandled, 'mine', (frozen) => ownListsOf(moment, frozen), idsOfMine)
  return (
    <>
      {tracked.length + own.length === 0 && (
        <Empty title={t('places.mineEmpty')} hint={t('places.mineEmptyHint')}>
          <Link href="/" className="p-button">
            {t('app.home')}
          </Link>
        </Empty>
      )}
      {tracked.length > 0 && (
        <section className="p-branch" aria-labelledby="mine-tracked">
          <h2 id="mine-tracked" className="p-branch-title">
            {t('places.tracked')}
          </h2>
          <SpaceRows spaces={tracked} nowMs={nowMs} isFlat />
        </section>
      )}
      {own.length > 0 && (
        <section className="p-branch" aria-labelledby="mine-own">
          <h2 id="mine-own" className="p-branch-title">
            {t('places.own')}
          </h2>
          <SpaceRows spaces={own} nowMs={nowMs} isFlat />
        </section>
      )}
      <DeletedSpaces />
    </>
  )
}

function idsOfEntries(entries: readonly Entry[]): number[] {
  return entries.map(({ id }) => id)
}

function idsOfMine({ tracked, own }: OwnLists): number[] {
  return idsOfEntries([...tracked, ...own])
}

/** Beside the list while no place is open: the best places of this moment. */
function Overview({ moment, isHandled }: ListProps): ReactElement {
  const { t } = usePortalWords()
  const nowMs = useListNow()
  const best = useFrozenList(isHandled, 'best', (frozen) => bestSpaces(moment, 6, frozen), idsOfEntries)
  return (
    <div className="p-overview">
      {best.length > 0 && (
        <section className="p-branch" aria-labelledby="best">
          <h2 id="best" className="p-branch-title">
            {t('places.best')}
          </h2>
          <SpaceRows spaces={best} nowMs={nowMs} isFlat />
        </section>
      )}
      {best.length === 0 && <Notice kind="hint">{t('places.bestNone')}</Notice>}
      <p className="p-soft p-overview-hint">{t('places.choose')}</p>
    </div>
  )
}
