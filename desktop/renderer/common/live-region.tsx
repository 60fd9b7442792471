import type { ReactElement } from 'react'

/**
 * The one live region of a page: screen readers read each `number` once, as a new node, politely; nothing at 0. `lang`
 * where what is said may be of another language than the page.
 */
export function LiveRegion(props: { number: number; text: string; lang?: string }): ReactElement {
  const { number, text, lang } = props
  return (
    <div className="hidden" role="status" aria-live="polite" data-announcements={number}>
      {number > 0 && text !== '' && (
        <p key={number} lang={lang}>
          {text}
        </p>
      )}
    </div>
  )
}
