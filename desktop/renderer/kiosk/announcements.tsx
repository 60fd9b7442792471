import { useEffect, useRef, useState, type ReactElement } from 'react'
import { useTranslation } from 'react-i18next'
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
  const { i18n } = useTranslation()
  const lang = useKiosk((state) => state.session.settings.locale)
  const before = useRef<ScreenAnnouncements>(announcements)
  const [spoken, setSpoken] = useState<SpokenText | null>(null)
  // Names are in a new language at once, the other words a moment later: until then nothing is said. [SCR-21]
  const isSpoken = i18n.language === lang
  useEffect(() => {
    if (!isSpoken) return
    const fresh = newAnnouncements(before.current, announcements)
    before.current = announcements
    if (fresh.length === 0) return
    const text = fresh.map(announcementText).join(' ')
    setSpoken((last) => ({ number: (last?.number ?? 0) + 1, lang, text }))
  }, [announcements, announcementText, lang, isSpoken])
  // What was said in another language is no longer there to be read in it; nor is it said again on the way back to that.
  if (spoken !== null && spoken.lang !== lang) setSpoken({ ...spoken, lang, text: '' })
  return <LiveRegion number={spoken?.number ?? 0} text={spoken?.text ?? ''} lang={lang} />
}
