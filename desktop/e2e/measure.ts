import type { Page } from '@playwright/test'

/** A thing that can be touched, as it is laid out; all in mm of the real panel. */
export interface Target {
  what: string
  /** The smaller of its sides. */
  smallest: number
  /** What an answer, a report or the choice of a place hangs on. */
  isPrimary: boolean
  /** Upper edge of its visible part below the upper edge of the screen; null: scrolled out of sight. */
  top: number | null
}

/** Two targets and the room between what is visible of them, mm. */
export interface Gap {
  between: string
  room: number
}

/** Everything on a screen that can be touched, and each two of them that stand nearer than `nearMm`. */
export function measureTargets(
  page: Page,
  mmPerPx: number,
  nearMm: number,
): Promise<{ targets: Target[]; near: Gap[] }> {
  return page.evaluate(
    ({ scale, limit }) => {
      const TOUCHED =
        'button, a[href], input, select, textarea, summary, [role="button"], [tabindex]:not([tabindex="-1"])'
      const PRIMARY = '.report-button, .button, .card, .keys-pin .key'
      // Parts of a long list that are out of sight have no size until somebody scrolls to them.
      for (const part of document.querySelectorAll<HTMLElement>('.section'))
        part.style.contentVisibility = 'visible'
      const root = document.querySelector('dialog[open]') ?? document
      const elements = [...root.querySelectorAll<HTMLElement>(TOUCHED)].filter((one) => one.checkVisibility())
      const visibleOf = (element: HTMLElement): DOMRect | null => {
        const box = element.getBoundingClientRect()
        let [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom]
        const clip = (by: { left: number; top: number; right: number; bottom: number }): void => {
          left = Math.max(left, by.left)
          top = Math.max(top, by.top)
          right = Math.min(right, by.right)
          bottom = Math.min(bottom, by.bottom)
        }
        for (let up = element.parentElement; up !== null; up = up.parentElement)
          if (getComputedStyle(up).overflow !== 'visible') clip(up.getBoundingClientRect())
        clip({ left: 0, top: 0, right: innerWidth, bottom: innerHeight })
        return right - left < 1 || bottom - top < 1
          ? null
          : new DOMRect(left, top, right - left, bottom - top)
      }
      const nameOf = (element: HTMLElement): string =>
        `${element.className} "${(element.getAttribute('aria-label') ?? element.textContent).trim().slice(0, 30)}"`
      const measured = elements.map((element) => {
        const box = element.getBoundingClientRect()
        const seen = visibleOf(element)
        return {
          seen,
          what: nameOf(element),
          smallest: Math.min(box.width, box.height) * scale,
          isPrimary: element.matches(PRIMARY),
          top: seen === null ? null : seen.top * scale,
        }
      })
      const shown = measured.flatMap(({ seen, what }) => (seen === null ? [] : [{ seen, what }]))
      const near: { between: string; room: number }[] = []
      shown.forEach((one, index) => {
        for (const other of shown.slice(index + 1)) {
          const across = Math.max(one.seen.left - other.seen.right, other.seen.left - one.seen.right)
          const down = Math.max(one.seen.top - other.seen.bottom, other.seen.top - one.seen.bottom)
          const room = Math.max(across, down) * scale
          if (room < limit) near.push({ between: `${one.what} and ${other.what}`, room })
        }
      })
      return { targets: measured, near }
    },
    { scale: mmPerPx, limit: nearMm },
  )
}

/** A status word as it is drawn; lengths in mm. */
export interface DrawnWord {
  text: string
  /** Height of its first letter: the cap height, or the height of a Chinese sign. */
  capHeight: number
  /** Side of the shape beside it. */
  shape: number
  /** Part of the screen that the state fills, 0 to 1. */
  stateShare: number
  /** How far its ink stands out of its panel, mm; 0: not at all. */
  overhang: number
}

/** Measures a door's word by the ink that its own font draws; null where the screen has none. */
export function measureWord(page: Page, mmPerPx: number): Promise<DrawnWord | null> {
  return page.evaluate((scale) => {
    const word = document.querySelector<HTMLElement>('.state-word')
    const panel = document.querySelector('.state')?.getBoundingClientRect()
    const shape = document.querySelector('.state-core .shape')?.getBoundingClientRect()
    const pen = document.createElement('canvas').getContext('2d')
    if (word === null || panel === undefined || shape === undefined || pen === null) return null
    const style = getComputedStyle(word)
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
    const text = word.textContent
    const ink = pen.measureText([...text][0] ?? '')
    const range = document.createRange()
    range.selectNodeContents(word)
    const box = range.getBoundingClientRect()
    return {
      text,
      capHeight: (ink.actualBoundingBoxAscent + Math.max(0, ink.actualBoundingBoxDescent)) * scale,
      shape: Math.min(shape.width, shape.height) * scale,
      stateShare: (panel.width * panel.height) / (innerWidth * innerHeight),
      overhang: Math.max(0, panel.left - box.left, box.right - panel.right) * scale,
    }
  }, mmPerPx)
}

/** Draws each letter by itself in the font of the screen and gives how many different pictures that makes. */
export function countPictures(page: Page, letters: string): Promise<number> {
  return page.evaluate((all) => {
    const { fontFamily } = getComputedStyle(document.documentElement)
    const pictures = [...all].map((letter) => {
      const canvas = document.createElement('canvas')
      canvas.width = 60
      canvas.height = 60
      const pen = canvas.getContext('2d')
      if (pen === null) return ''
      pen.font = `40px ${fontFamily}`
      pen.fillText(letter, 8, 46)
      const { data } = pen.getImageData(0, 0, 60, 60)
      return data.some((value) => value > 0) ? data.join(',') : ''
    })
    return new Set(pictures.filter((picture) => picture !== '')).size
  }, letters)
}
