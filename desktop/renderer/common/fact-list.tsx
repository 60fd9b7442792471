import type { ReactElement } from 'react'
import { Icon, type IconName } from '../ui/icons.tsx'

/** Something that a space has, in words beside a sign; of each sign one. */
export interface Fact {
  icon: IconName
  text: string
}

/** What a space has: a list of signs with words. Nothing where nothing is known. */
export function FactList(props: { className: string; facts: readonly Fact[] }): ReactElement | null {
  const { className, facts } = props
  if (facts.length === 0) return null
  return (
    <ul className={className}>
      {facts.map(({ icon, text }) => (
        <li key={icon}>
          <Icon name={icon} />
          <span>{text}</span>
        </li>
      ))}
    </ul>
  )
}
