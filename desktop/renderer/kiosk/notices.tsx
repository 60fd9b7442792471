import type { ReactElement } from 'react'
import { Icon } from '../ui/icons.tsx'
import type { DoorPlace } from './door-screen.ts'
import { useKiosk } from './kiosk-context.ts'
import { useWords } from './use-words.ts'

/** What staff should hear of, in one line each: a store in trouble, a report refused late, why the line is off. */
function useNotices(line: DoorPlace['line']): string[] {
  const { t, refusal } = useWords()
  const outbox = useKiosk((state) => state.model.outbox)
  const lines: string[] = []
  if (outbox.alarm !== null) lines.push(t(`alarm.${outbox.alarm}`))
  const late = outbox.refused.at(-1)
  if (late !== undefined) lines.push(t('alarm.lateRefusal', { reason: refusal(late.why) }))
  if (line.isOffline && line.reason !== null) lines.push(t(`line.${line.reason}`))
  const owedCount = outbox.owedCount ?? outbox.waitingCount
  if (line.isOffline && owedCount > 0) lines.push(t('line.waitingReports', { count: owedCount }))
  return lines
}

/** What staff should hear of, one below the other. */
export function Notices({ line }: { line: DoorPlace['line'] }): ReactElement | null {
  const lines = useNotices(line)
  if (lines.length === 0) return null
  return (
    <ul className="notices">
      {lines.map((text) => (
        <li key={text}>
          <Icon name="alert" />
          {text}
        </li>
      ))}
    </ul>
  )
}

/** The same in one box; without any, what else stands there. However many they are, a door's word keeps its size. [SCR-11] */
export function NoticesOr({
  line,
  children,
}: {
  line: DoorPlace['line']
  children: ReactElement
}): ReactElement {
  const lines = useNotices(line)
  if (lines.length === 0) return children
  return (
    <div className="notice-box">
      <Icon name="alert" />
      <ul>
        {lines.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </div>
  )
}
