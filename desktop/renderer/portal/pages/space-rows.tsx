import { memo, type ReactElement } from 'react'
import { Link, useLocation } from 'wouter'
import { Icon } from '../../ui/icons.tsx'
import { Mark } from '../page-elements.tsx'
import type { Branch, Entry, Group } from '../space-list.ts'
import { useActions, usePortal } from '../portal-context.ts'
import { usePortalWords } from '../words.ts'

/** "3 of 7 places free · 7 of 9 known" */
export function Counts({ entry }: { entry: Entry }): ReactElement | null {
  const { spaces } = usePortalWords()
  if (entry.isLeaf) return null
  return (
    <span className="p-counts">
      {spaces(entry).map((text, index) => (
        <span key={text} className={index === 0 ? undefined : 'p-soft'}>
          {text}
        </span>
      ))}
    </span>
  )
}

/** One building with all that stands in it. */
export function BranchCard({ branch, nowMs }: { branch: Branch; nowMs: number }): ReactElement {
  const { t, tone } = usePortalWords()
  const { toggleSection } = useActions()
  const { entry, isOpen } = branch
  const id = `branch-${entry?.id ?? 0}`
  return (
    <section className="p-branch" aria-labelledby={id}>
      <h2>
        <button
          type="button"
          className="p-branch-head"
          aria-expanded={isOpen}
          onClick={() => toggleSection(entry?.id ?? 0)}
        >
          {entry !== null && <Mark tone={entry.tone} />}
          <span className="p-branch-words">
            <span id={id} className="p-branch-name">
              {entry?.name ?? t('places.others')}
            </span>
            {entry !== null && (
              <span className="p-branch-state">
                <strong>{tone(entry.tone)}</strong>
                <Counts entry={entry} />
              </span>
            )}
          </span>
          <span className="p-arrow" data-open={isOpen}>
            <Icon name="down" />
          </span>
        </button>
      </h2>
      {isOpen && (
        <>
          <SpaceRows spaces={branch.spaces} nowMs={nowMs} />
          {branch.groups.map((group) => (
            <GroupRows key={group.entry.id} group={group} nowMs={nowMs} />
          ))}
        </>
      )}
    </section>
  )
}

function GroupRows({ group, nowMs }: { group: Group; nowMs: number }): ReactElement {
  const { entry, spaces, depth } = group
  return (
    <div className="p-group" data-depth={Math.min(depth, 3)}>
      <h3 className="p-group-head">
        <Link href={`/spaces/${entry.id}`}>{entry.name}</Link>
        <Counts entry={entry} />
      </h3>
      <SpaceRows spaces={spaces} nowMs={nowMs} />
    </div>
  )
}

/** Places, one below the other; `isFlat`: with the names of what they stand in. */
export function SpaceRows(props: {
  spaces: readonly Entry[]
  nowMs: number
  isFlat?: boolean
}): ReactElement | null {
  const { tone, shortAge, place, t } = usePortalWords()
  const [path] = useLocation()
  if (props.spaces.length === 0) return null
  const inPlace = ({ inPlace: name }: Entry): string => (name === null ? '' : t('places.inPlace', { name }))
  return (
    <ul className="p-rows">
      {props.spaces.map((entry) => (
        <SpaceRow
          key={entry.id}
          id={entry.id}
          name={entry.name}
          within={props.isFlat === true ? entry.within.join(' · ') : inPlace(entry)}
          tone={entry.tone}
          word={tone(entry.tone)}
          age={entry.tone === 'closed' ? '' : shortAge(entry.reportedAtMs, props.nowMs)}
          seats={entry.capacity === null ? '' : place('door.seats', { count: entry.capacity })}
          quiet={entry.details.quiet === true ? t('places.quiet') : ''}
          sockets={entry.details.sockets === true ? t('places.sockets') : ''}
          hidden={entry.isPublic ? '' : t('places.hiddenHere')}
          tracked={entry.isTracked ? t('space.tracked') : ''}
          isHere={path === `/spaces/${entry.id}`}
        />
      ))}
    </ul>
  )
}

/** Drawn anew only when one of its words changes: a university may list thousands. */
const SpaceRow = memo(function SpaceRow(props: {
  id: number
  name: string
  within: string
  tone: Entry['tone']
  word: string
  age: string
  seats: string
  quiet: string
  sockets: string
  hidden: string
  tracked: string
  isHere: boolean
}): ReactElement {
  const { id, name, within, tone, word, age, seats, quiet, sockets, hidden, tracked, isHere } = props
  return (
    <li>
      <Link href={`/spaces/${id}`} className="p-row" aria-current={isHere ? 'page' : undefined}>
        <Mark tone={tone} />
        <span className="p-row-words">
          <span className="p-row-name">{name}</span>
          <span className="p-row-state">
            <strong>{word}</strong>
            {age !== '' && <span>{age}</span>}
            {seats !== '' && <span className="p-row-seats">{seats}</span>}
          </span>
          {within !== '' && <span className="p-row-within">{within}</span>}
          {hidden !== '' && <span className="p-row-within">{hidden}</span>}
        </span>
        <span className="p-row-signs">
          {quiet !== '' && <Sign icon="quiet" word={quiet} />}
          {sockets !== '' && <Sign icon="plug" word={sockets} />}
          {tracked !== '' && (
            <span className="p-star" data-on="true">
              <Sign icon="star" word={tracked} />
            </span>
          )}
        </span>
      </Link>
    </li>
  )
})

function Sign({ icon, word }: { icon: 'quiet' | 'plug' | 'star'; word: string }): ReactElement {
  return (
    <span title={word}>
      <Icon name={icon} />
      <span className="hidden">{word}</span>
    </span>
  )
}

/** Hub time for ages in a list. */
export function useListNow(): number {
  return usePortal((state) => Math.floor(state.nowMs / 5_000) * 5_000)
}
