import { useEffect, useRef, useState, type ReactElement, type ReactNode } from 'react'
import { REPORT_TIMEOUT_MS } from './actions.ts'
import { useSlow } from './page-elements.tsx'
import { useActions } from './portal-context.ts'
import { usePortalWords } from './words.ts'

/** What goes on behind buttons that act at once. */
export interface PendingActions<Key> {
  /** Which of them wait for the hub. */
  keys: ReadonlySet<Key>
  /** Begins, unless the same goes on already. `act` shows by itself how it ended. */
  start(key: Key, act: () => Promise<unknown>): void
}

/** How long an act waits for its answer, ms: as long as a report. [POR-9] */
export const ACTION_TIMEOUT_MS = REPORT_TIMEOUT_MS

/** Buttons that wait for the hub: each shows that it does and takes no second tap until then; the page says when the hub is slow. [POR-12] */
export function usePendingActions<Key extends string | number>(): PendingActions<Key> {
  const { t } = usePortalWords()
  const { toast } = useActions()
  const [keys, setKeys] = useState<ReadonlySet<Key>>(new Set())
  // Two taps of one moment come before the page is drawn again.
  const busy = useRef(new Set<Key>())
  const isSlow = useSlow(keys.size > 0)
  useEffect(() => {
    if (isSlow) toast(t('wait.slow'))
  }, [isSlow, toast, t])
  const show = (): void => setKeys(new Set(busy.current))
  const start = (key: Key, act: () => Promise<unknown>): void => {
    if (busy.current.has(key)) return
    busy.current.add(key)
    show()
    void act().finally(() => {
      busy.current.delete(key)
      show()
    })
  }
  return { keys, start }
}

/** What a button of `usePendingActions` says of itself. */
export function pendingProps(isPending: boolean): { 'aria-busy': boolean; 'aria-disabled': boolean } {
  return { 'aria-busy': isPending, 'aria-disabled': isPending }
}

/** The sign of a button, or that it waits. */
export function PendingSign(props: { isPending: boolean; children?: ReactNode }): ReactElement {
  return props.isPending ? <span className="p-spinner" aria-hidden="true" /> : <>{props.children}</>
}

/** A button without a sign of its own, whose act waits for the hub. [POR-12] */
export function PendingButton<Key extends string | number>(props: {
  className: string
  pending: PendingActions<Key>
  of: Key
  act: () => Promise<unknown>
  children: ReactNode
}): ReactElement {
  const { className, pending, of, act, children } = props
  const isPending = pending.keys.has(of)
  return (
    <button
      type="button"
      className={className}
      {...pendingProps(isPending)}
      onClick={() => pending.start(of, act)}
    >
      <PendingSign isPending={isPending} />
      {children}
    </button>
  )
}
