import { useEffect, useRef, useState, type ReactElement, type ReactNode } from 'react'
import { REPORT_LIMIT_MS } from './actions.ts'
import { useSlow } from './parts.tsx'
import { useActions } from './portal-context.ts'
import { usePortalWords } from './words.ts'

/** What goes on behind buttons that act at once. */
export interface Acting<Key> {
  /** Which of them wait for the hub. */
  doing: ReadonlySet<Key>
  /** Begins, unless the same goes on already. `act` tells by itself how it ended. */
  start(key: Key, act: () => Promise<unknown>): void
}

/** How long an act waits for its answer, ms: as long as a report. [POR-9] */
export const ACT_LIMIT_MS = REPORT_LIMIT_MS

/** Buttons that wait for the hub: each shows that it does and takes no second tap meanwhile; a slow hub is told of. [POR-12] */
export function useActing<Key extends string | number>(): Acting<Key> {
  const { t } = usePortalWords()
  const { toast } = useActions()
  const [doing, setDoing] = useState<ReadonlySet<Key>>(new Set())
  // Two taps of one moment come before the page is drawn again.
  const busy = useRef(new Set<Key>())
  const isSlow = useSlow(doing.size > 0)
  useEffect(() => {
    if (isSlow) toast(t('wait.slow'))
  }, [isSlow, toast, t])
  const show = (): void => setDoing(new Set(busy.current))
  const start = (key: Key, act: () => Promise<unknown>): void => {
    if (busy.current.has(key)) return
    busy.current.add(key)
    show()
    void act().finally(() => {
      busy.current.delete(key)
      show()
    })
  }
  return { doing, start }
}

/** What a button of `useActing` says of itself. */
export function actProps(isDoing: boolean): { 'aria-busy': boolean; 'aria-disabled': boolean } {
  return { 'aria-busy': isDoing, 'aria-disabled': isDoing }
}

/** The sign of a button, or that it waits. */
export function ActSign(props: { isDoing: boolean; children?: ReactNode }): ReactElement {
  return props.isDoing ? <span className="p-spinner" aria-hidden="true" /> : <>{props.children}</>
}

/** A button without a sign of its own, whose act waits for the hub. [POR-12] */
export function ActButton<Key extends string | number>(props: {
  className: string
  acting: Acting<Key>
  of: Key
  act: () => Promise<unknown>
  children: ReactNode
}): ReactElement {
  const { className, acting, of, act, children } = props
  const isDoing = acting.doing.has(of)
  return (
    <button type="button" className={className} {...actProps(isDoing)} onClick={() => acting.start(of, act)}>
      <ActSign isDoing={isDoing} />
      {children}
    </button>
  )
}
