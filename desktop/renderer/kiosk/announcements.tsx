import { useEffect, useRef, useState, type ReactElement } from 'react'
import { LiveRegion } from '../common/live-region.tsx'
import { newAnnouncements, type ScreenAnnouncements } from './announcement.ts'
import { useKiosk } from './kiosk-context.ts'
import { useWords } from './words.ts'

interface SpokenText {
  number: number
  lang: string
  text: string
}

/** What screen readers hear: each change of state once. */
export function Announcements({ announcements }: { announcements: ScreenAnnouncements }): ReactElement {
  const { announcementText } = useWords()
  const lang = useKiosk((state) => state.session.settings.locale)
  const before = useRef<ScreenAnnouncements>(announcements)
  const [spoken, setSpoken] = useState<SpokenText | null>(null)
  useEffect(() => {
    const fresh = newAnnouncements(before.current, announcements)
    before.current = announcements
    if (fresh.length === 0) return
    const text = fresh.map(announcementText).join(' ')
    setSpoken((last) => ({ number: (last?.number ?? 0) + 1, lang, text }))
  }, [announcements, announcementText, lang])
  // What was said in another language is no longer there to be read in it; it is not said again either.
  const isCurrent = spoken !== null && spoken.lang === lang
  return <LiveRegion number={spoken?.number ?? 0} text={isCurrent ? spoken.text : ''} lang={lang} />
}
