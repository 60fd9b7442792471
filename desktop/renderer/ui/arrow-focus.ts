/** Where a control stands on the screen, px. */
export interface Box {
  left: number
  top: number
  width: number
  height: number
}

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/**
 * Which of some boxes an arrow leads to from another: the nearest in that direction, where going astray sideways counts
 * three times; -1 where there is none.
 */
export function nearestInDirection(from: Box, boxes: readonly Box[], key: string): number {
  const direction = DIRECTIONS[key]
  if (direction === undefined) return -1
  const [x, y] = direction
  let best = -1
  let least = Number.POSITIVE_INFINITY
  boxes.forEach((box, index) => {
    const across = middle(box.left, box.width) - middle(from.left, from.width)
    const down = middle(box.top, box.height) - middle(from.top, from.height)
    const along = across * x + down * y
    const astray = Math.abs(across * y) + Math.abs(down * x)
    const cost = along + 3 * astray
    if (along > 1 && cost < least) {
      least = cost
      best = index
    }
  })
  return best
}

function middle(start: number, length: number): number {
  return start + length / 2
}

/** Moves the focus by an arrow key, inside an open dialog or the page; false when the key leads nowhere. */
export function moveFocus(page: Document, key: string): boolean {
  if (DIRECTIONS[key] === undefined) return false
  const scope = page.querySelector('dialog[open]') ?? page
  const controls = [...scope.querySelectorAll<HTMLElement>('button:not(:disabled), a[href]')]
  const active = page.activeElement
  const current = controls.find((control) => control === active)
  if (current === undefined) {
    controls[0]?.focus()
    return controls.length > 0
  }
  const others = controls.filter((control) => control !== current)
  const found = nearestInDirection(
    current.getBoundingClientRect(),
    others.map((control) => control.getBoundingClientRect()),
    key,
  )
  others[found]?.focus()
  return found >= 0
}
