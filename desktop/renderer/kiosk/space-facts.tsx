import type { ReactElement } from 'react'
import type { SpaceDetails } from '#shared/domain/space.ts'
import { FactList, type Fact } from '../common/fact-list.tsx'
import { useWords } from './words.ts'

/** What a place has: seats, hours, equipment. Unknown things are left out, never denied. */
export function Facts(props: {
  capacity: number | null
  details: SpaceDetails
  hours: string
}): ReactElement | null {
  const { t, list } = useWords()
  const { capacity, details, hours } = props
  const facts: Fact[] = []
  if (capacity !== null) facts.push({ icon: 'seat', text: t('door.seats', { count: capacity }) })
  if (hours !== '') facts.push({ icon: 'clock', text: hours })
  if (details.equipment !== undefined && details.equipment.length > 0)
    facts.push({ icon: 'tools', text: list(details.equipment) })
  if (details.sockets === true) facts.push({ icon: 'plug', text: t('door.sockets') })
  if (details.wifi === true) facts.push({ icon: 'wifi', text: t('door.wifi') })
  if (details.quiet === true) facts.push({ icon: 'quiet', text: t('door.quiet') })
  if (details.stepFree === true) facts.push({ icon: 'step', text: t('door.stepFree') })
  return <FactList className="facts" facts={facts} />
}
