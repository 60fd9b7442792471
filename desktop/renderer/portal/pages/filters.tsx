import { useId, useLayoutEffect, useRef, useState, type ReactElement, type RefObject } from 'react'
import type { SpaceKind } from '#shared/domain/space.ts'
import { Icon, type IconName } from '../../ui/icons.tsx'
import { Shape } from '../../ui/shapes.tsx'
import { nameOrder } from '../../common/name-order.ts'
import { filterCount, kindsListed, type Filter, type SpaceList, type Sort } from '../space-list.ts'
import { useActions, usePortal } from '../portal-context.ts'
import { branchesOf, type PortalMoment } from '../portal-spaces.ts'
import { usePortalWords } from '../words.ts'

type Flag = 'isFreeNow' | 'isQuiet' | 'hasSockets' | 'hasWifi' | 'isStepFree'

/** What somebody looks for: words, five chips, and behind a button where, of which kind, and in which order. */
export function Filters({ moment, spaces }: { moment: PortalMoment; spaces: SpaceList }): ReactElement {
  const { t } = usePortalWords()
  const { filter: change } = useActions()
  const filter = usePortal((state) => state.filter)
  const [isOpen, setOpen] = useState(false)
  const panelId = useId()
  const search = useRef<HTMLInputElement>(null)
  useSlash(search)
  const isChosen = filter.branchId !== null || filter.kind !== null || filter.sort !== 'free'
  const chip = (flag: Flag, word: string, icon: IconName | null): ReactElement => (
    <button
      type="button"
      className="p-chip"
      aria-pressed={filter[flag]}
      onClick={() => change({ [flag]: !filter[flag] })}
    >
      {icon === null ? <Shape tone="free" /> : <Icon name={icon} />}
      {word}
    </button>
  )
  return (
    <search className="p-filters">
      <div className="p-search">
        <Icon name="search" />
        <input
          ref={search}
          type="search"
          aria-label={t('places.search')}
          placeholder={t('places.search')}
          value={filter.search}
          onChange={(event) => change({ search: event.currentTarget.value })}
        />
        <button
          type="button"
          className="p-icon-button"
          aria-expanded={isOpen}
          aria-controls={panelId}
          aria-label={t('places.filters')}
          data-on={isChosen}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="filter" />
        </button>
      </div>
      <div className="p-chips">
        {chip('isFreeNow', t('places.freeNow'), null)}
        {chip('isQuiet', t('places.quiet'), 'quiet')}
        {chip('hasSockets', t('places.sockets'), 'plug')}
        {chip('hasWifi', t('places.wifi'), 'wifi')}
        {chip('isStepFree', t('places.stepFree'), 'step')}
      </div>
      <div id={panelId} className="p-filter-panel" hidden={!isOpen}>
        {isOpen && <Selects moment={moment} filter={filter} />}
      </div>
      <Found filter={filter} spaces={spaces} />
    </search>
  )
}

/** "/" goes to the search, as in many places; not while somebody writes. */
function useSlash(search: RefObject<HTMLInputElement | null>): void {
  // As soon as the field is there, not once it is painted.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isWriting = event.target instanceof Element && event.target.matches('input, textarea, select')
      if (event.key !== '/' || isWriting || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      search.current?.focus()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [search])
}

function Selects({ moment, filter }: { moment: PortalMoment; filter: Filter }): ReactElement {
  const { t, kind, locale } = usePortalWords()
  const { filter: change } = useActions()
  const kinds = kindsListed(moment)
    .map((of) => ({ of, name: kind(of) }))
    .toSorted(nameOrder(locale))
  const sorts: [Sort, string][] = [
    ['free', t('places.sortFree')],
    ['name', t('places.sortName')],
    ['latest', t('places.sortNews')],
  ]
  const branches = branchesOf(moment)
  return (
    <>
      <label>
        {t('places.branch')}
        <select
          value={filter.branchId ?? ''}
          onChange={({ currentTarget: { value } }) =>
            change({ branchId: value === '' ? null : Number(value) })
          }
        >
          <option value="">{t('places.everywhere')}</option>
          {branches.map(({ id, name, within, depth }) => (
            <option key={id} value={id}>
              {'\u2003'.repeat(depth) + (within === null ? name : t('places.nameWithin', { name, within }))}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t('places.kind')}
        <select
          value={filter.kind ?? ''}
          onChange={({ currentTarget: { value } }) =>
            change({ kind: value === '' ? null : (value as SpaceKind) })
          }
        >
          <option value="">{t('places.allKinds')}</option>
          {kinds.map(({ of, name }) => (
            <option key={of} value={of}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t('places.sort')}
        <select
          value={filter.sort}
          onChange={({ currentTarget: { value } }) => change({ sort: value as Sort })}
        >
          {sorts.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
    </>
  )
}

/** How many fit; said to screen readers when it changes. */
function Found({ filter, spaces }: { filter: Filter; spaces: SpaceList }): ReactElement {
  const { t } = usePortalWords()
  const { clearFilter } = useActions()
  const isOn = filterCount(filter) > 0
  return (
    <div className="p-found">
      <p role="status">{isOn ? t('places.found', { count: spaces.foundCount }) : ''}</p>
      {isOn && (
        <button type="button" className="p-link" onClick={clearFilter}>
          {t('places.clear')}
        </button>
      )}
    </div>
  )
}
