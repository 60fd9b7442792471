import { useEffect, useRef, useState, type ReactElement } from 'react'
import { LiveRegion } from '../common/live-region.tsx'
import { newAnnouncements, type ScreenAnnouncements } from './announcement.ts'
import { useKiosk } from './kiosk-context.ts'
import { useWords } from './words.ts'

interface News {
  number: number
  lang: string
  text: string
}

/** What screen readers hear: each change of state once. */
export function Announcements({ announcements }: { announcements: ScreenAnnouncements }): ReactElement {
  const { announcementText } = useWords()
  const lang = useKiosk((state) => state.session.settings.locale)
  const before = useRef<ScreenAnnouncements>(announcements)
  const [news, setNews] = useState<News | null>(null)
  useEffect(() => {
    const fresh = newAnnouncements(before.current, announcements)
    before.current = announcements
    if (fresh.length === 0) return
    const text = fresh.map(announcementText).join(' ')
    setNews((last) => ({ number: (last?.number ?? 0) + 1, lang, text }))
  }, [announcements, announcementText, lang])
  // What was said in another language is no longer there to be read in it; it is not said again either.
  const isSpoken = news !== null && news.lang === lang
  return <LiveRegion number={news?.number ?? 0} text={isSpoken ? news.text : ''} lang={lang} />
}
