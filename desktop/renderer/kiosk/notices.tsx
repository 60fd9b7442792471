import type { ReactElement } from 'react'
import { Icon } from '../ui/icons.tsx'
import type { DoorSpace } from './door-screen.ts'
import { useKiosk } from './kiosk-context.ts'
import { useWords } from './words.ts'

/** One line for staff; what is not wrong is shown without a warning: passers-by read it too. [SCR-17] */
interface NoticeLine {
  text: string
  isWrong: boolean
}

/** Reasons of a lost connection that pass by themselves. */
const PASSING: ReadonlySet<DoorSpace['connection']['reason']> = new Set(['forked'])

/** What staff should know, in one line each: a store that fails, a report refused late, why the hub is not connected. */
function useNotices(connection: DoorSpace['connection']): NoticeLine[] {
  const { t, refusal } = useWords()
  const outbox = useKiosk((state) => state.model.outbox)
  const lines: NoticeLine[] = []
  const wrong = (text: string): void => void lines.push({ text, isWrong: true })
  if (outbox.alarm !== null) wrong(t(`alarm.${outbox.alarm}`))
  const late = outbox.refused.at(-1)
  if (late !== undefined) wrong(t('alarm.lateRefusal', { reason: refusal(late.why) }))
  if (connection.isOffline && connection.reason !== null)
    lines.push({ text: t(`line.${connection.reason}`), isWrong: !PASSING.has(connection.reason) })
  const owedCount = outbox.owedCount ?? outbox.waitingCount
  if (connection.isOffline && owedCount > 0)
    lines.push({ text: t('line.waitingReports', { count: owedCount }), isWrong: false })
  return lines
}

/** What staff should know, one below the other. */
export function Notices({ connection }: { connection: DoorSpace['connection'] }): ReactElement | null {
  const lines = useNotices(connection)
  if (lines.length === 0) return null
  return (
    <ul className="notices">
      {lines.map(({ text, isWrong }) => (
        <li key={text} data-wrong={isWrong}>
          <Icon name={isWrong ? 'alert' : 'clock'} />
          {text}
        </li>
      ))}
    </ul>
  )
}

/** The same in one box; without any, what else stands there. However many they are, a door's word keeps its size. [SCR-11] */
export function NoticesOr({
  connection,
  children,
}: {
  connection: DoorSpace['connection']
  children: ReactElement
}): ReactElement {
  const lines = useNotices(connection)
  if (lines.length === 0) return children
  const isWrong = lines.some((one) => one.isWrong)
  return (
    <div className="notice-box" data-wrong={isWrong}>
      <Icon name={isWrong ? 'alert' : 'clock'} />
      <ul>
        {lines.map(({ text }) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </div>
  )
}
