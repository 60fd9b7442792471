import type { ReactElement } from 'react'
import { Icon, type IconName } from '../ui/icons.tsx'
import type { PortalSpace } from './spaces.ts'
import { usePortalWords } from './words.ts'

/** What a place has and how to find it. Unknown things are left out, never denied; a "no" is said. */
export function SpaceFacts(props: { space: PortalSpace; capacity: number | null }): ReactElement {
  const { t, place, kind } = usePortalWords()
  const { space, capacity } = props
  const { details, location } = space
  const facts: { icon: IconName; text: string }[] = [{ icon: 'building', text: kind(space.kind) }]
  const flag = (icon: IconName, value: boolean | undefined, text: string): void => {
    if (value !== undefined)
      facts.push({ icon, text: value ? text : `${text}: ${t('app.no').toLowerCase()}` })
  }
  if (location !== null && location !== '') facts.push({ icon: 'places', text: location })
  if (capacity !== null) facts.push({ icon: 'seat', text: place('door.seats', { count: capacity }) })
  flag('quiet', details.quiet, t('places.quiet'))
  flag('plug', details.sockets, t('places.sockets'))
  flag('wifi', details.wifi, t('places.wifi'))
  flag('step', details.stepFree, t('places.stepFree'))
  if (details.equipment !== undefined && details.equipment.length > 0)
    facts.push({ icon: 'tools', text: details.equipment.join(', ') })
  if (details.price !== undefined) facts.push({ icon: 'price', text: details.price })
  if (details.note !== undefined) facts.push({ icon: 'note', text: details.note })
  return (
    <ul className="p-facts">
      {facts.map((fact) => (
        <li key={fact.icon}>
          <Icon name={fact.icon} />
          <span>{fact.text}</span>
        </li>
      ))}
    </ul>
  )
}
