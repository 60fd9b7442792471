import { useEffect, useState, type ReactElement } from 'react'

/** How long what was said stays there to be read, ms: as long as an undo, of which some of it speaks. [SCR-21] */
const SAID_FOR_MS = 5_000

/**
 * The one live region of a page: screen readers read each `number` once, as a new node, politely; nothing at 0. After five
 * seconds it is empty again, since it may be true no longer. `lang` where what is said may be of another language than the
 * page. [SCR-21]
 */
export function LiveRegion(props: { number: number; text: string; lang?: string }): ReactElement {
  const { number, text, lang } = props
  const [over, setOver] = useState(0)
  useEffect(() => {
    const timer = setTimeout(() => setOver(number), SAID_FOR_MS)
    return () => clearTimeout(timer)
  }, [number])
  return (
    <div className="hidden" role="status" aria-live="polite" data-announcements={number}>
      {number > over && text !== '' && (
        <p key={number} lang={lang}>
          {text}
        </p>
      )}
    </div>
  )
}
