import { useEffect, useState, type RefObject } from 'react'

// While somebody handles a list, nothing in it moves under their finger. Entrance and portal alike. [POR-10]

/** How long a list keeps its order after the last touch or key, ms. */
export const FREEZE_MS = 15_000

/** The place of each row in a list that is kept as it stood, by id. */
export type FrozenOrder = ReadonlyMap<number, number>

/** The order in which these stand now, to keep it; of one that stands there twice the first place counts. */
export function frozenOrder(ids: readonly number[]): FrozenOrder {
  return new Map([...new Set(ids)].map((id, index) => [id, index]))
}

/** An order in which what was there stands as it stood, and what is new comes after it. Null: nothing is kept. */
export function withFrozenOrder<Item extends { id: number }>(
  compare: (left: Item, right: Item) => number,
  frozen: FrozenOrder | null,
): (left: Item, right: Item) => number {
  if (frozen === null) return compare
  const newest = frozen.size
  return (left, right) =>
    (frozen.get(left.id) ?? newest) - (frozen.get(right.id) ?? newest) || compare(left, right)
}

/** A pointer or the focus that rests in a list keeps its order so long after it last moved, ms: nobody is there any more. */
const RESTING_MS = 120_000

const ACTS = ['pointerdown', 'pointermove', 'wheel', 'keydown', 'focusin'] as const

/**
 * Whether somebody handles a list: with a finger, a pointer or keys in it, or by scrolling the page – and for a while
 * after. A pointer or the focus that rests in it counts longer. [POR-10]
 */
export function useIsInUse(list: RefObject<HTMLElement | null>): boolean {
  const [isHandled, setHandled] = useState(false)
  useEffect(() => {
    const element = list.current
    if (element === null) return
    const timer = { id: 0, isMouse: false }
    const after = (delayMs: number, run: () => void): void => {
      window.clearTimeout(timer.id)
      timer.id = window.setTimeout(run, delayMs)
    }
    const release = (): void => setHandled(false)
    const look = (): void => {
      // A finger leaves :hover behind where it was; a mouse is still there.
      const isResting =
        (timer.isMouse && element.matches(':hover')) || element.contains(document.activeElement)
      if (isResting) after(RESTING_MS - FREEZE_MS, release)
      else release()
    }
    const act = (event: Event): void => {
      if (event instanceof PointerEvent) timer.isMouse = event.pointerType === 'mouse'
      setHandled(true)
      after(FREEZE_MS, look)
    }
    for (const name of ACTS) element.addEventListener(name, act, { passive: true })
    window.addEventListener('scroll', act, { passive: true })
    return () => {
      window.clearTimeout(timer.id)
      for (const name of ACTS) element.removeEventListener(name, act)
      window.removeEventListener('scroll', act)
    }
  }, [list])
  return isHandled
}

/**
 * A list that stands still while it is handled: `build` gets the order in which it stood then, and null while nobody is
 * there. `key` says what list it is: another filter is another list. [POR-10]
 */
export function useFrozenList<List>(
  isHandled: boolean,
  key: string,
  build: (frozen: FrozenOrder | null) => List,
  idsOf: (list: List) => readonly number[],
): List {
  const [kept, setKept] = useState<{ key: string; order: FrozenOrder } | null>(null)
  const order = isHandled && kept?.key === key ? kept.order : null
  const list = build(order)
  // While drawing, so that no update comes in between the touch and the freezing.
  if (!isHandled && kept !== null) setKept(null)
  if (isHandled && order === null) setKept({ key, order: frozenOrder(idsOf(list)) })
  return list
}
