import { useEffect, useRef, useState, type ReactElement } from 'react'
import { newsBetween, type Spoken } from './announcement.ts'
import { useKiosk } from './kiosk-context.ts'
import { useWords } from './use-words.ts'

interface News {
  number: number
  lang: string
  text: string
}

/** The one place from which screen readers hear: each change of state once, as a new node, politely. */
export function LiveRegion({ spoken }: { spoken: Spoken }): ReactElement {
  const { say } = useWords()
  const lang = useKiosk((state) => state.session.settings.locale)
  const before = useRef<Spoken>(spoken)
  const [news, setNews] = useState<News | null>(null)
  useEffect(() => {
    const said = newsBetween(before.current, spoken)
    before.current = spoken
    if (said.length === 0) return
    const text = said.map(say).join(' ')
    setNews((last) => ({ number: (last?.number ?? 0) + 1, lang, text }))
  }, [spoken, say, lang])
  return (
    <div className="hidden" role="status" aria-live="polite" data-announcements={news?.number ?? 0}>
      {/* What was said in another language is no longer there to be read in it; it is not said again either. */}
      {news !== null && news.lang === lang && (
        <p key={news.number} lang={news.lang}>
          {news.text}
        </p>
      )}
    </div>
  )
}
