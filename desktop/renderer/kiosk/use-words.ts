import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useKiosk } from './kiosk-context.ts'
import { makeWords, type Words } from './words.ts'

/** Sentences of the visitor's language, in the university's time zone. */
export function useWords(): Words {
  const { t } = useTranslation()
  const locale = useKiosk((state) => state.session.settings.locale)
  const timeZone = useKiosk(({ model }) =>
    model.kiosk.state === 'enrolled' ? model.kiosk.assignment.timezone : 'UTC',
  )
  return useMemo(() => makeWords(t, locale, timeZone), [t, locale, timeZone])
}
