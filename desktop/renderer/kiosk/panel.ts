// The panel that a kiosk is shown on: how large its pixels are, and how it is spared, since it shows much the same all day.

/** How many px a millimetre has, as the page's address says ("?px-per-mm=5.9"); null where it does not. */
export function pxPerMmOf(search: string): number | null {
  const pxPerMm = Number(new URLSearchParams(search).get('px-per-mm') ?? Number.NaN)
  return pxPerMm >= 1 && pxPerMm <= 40 ? pxPerMm : null
}

/** Sets how many px a millimetre has on this device; null leaves the style sheet's guess by the screen's size. */
export function calibrate(element: HTMLElement, pxPerMm: number | null): void {
  if (pxPerMm !== null) element.style.setProperty('--px-per-mm', String(pxPerMm))
}

/** The frame moves this often, and this far: nothing burns in, and nobody sees it. */
const SHIFT_EVERY_MS = 90_000
const SHIFT_PX = 3

const STEPS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
] as const

/** Where the frame stands after some elapsed time, in px from its place: x and y. */
export function burnInShift(elapsedMs: number): [number, number] {
  const step = STEPS[Math.floor(elapsedMs / SHIFT_EVERY_MS) % STEPS.length] ?? STEPS[0]
  return [step[0] * SHIFT_PX, step[1] * SHIFT_PX]
}

const NIGHT_FROM = 22 * 60
const NIGHT_TO = 6 * 60
const DIM_AFTER_MS = 60_000

/** Whether the screen is dim: at night (22:00–06:00 local), and nobody has touched it for a minute. */
export function isDim(localMinute: number, idleForMs: number): boolean {
  return (localMinute >= NIGHT_FROM || localMinute < NIGHT_TO) && idleForMs >= DIM_AFTER_MS
}
