import { useEffect, useLayoutEffect, useMemo, useState, type ReactElement } from 'react'
import { useTranslation } from 'react-i18next'
import { doorAnnouncements, entranceAnnouncements } from './announcement.ts'
import { Door } from './door.tsx'
import { makeDoorScreens } from './door-screen.ts'
import { Entrance } from './entrance.tsx'
import { AgeContext, makeAgeClock } from '../common/age-clock.ts'
import { FREEZE_MS, type FrozenOrder } from '../common/frozen-list.ts'
import { makeEntranceScreens, orderNow } from './entrance-screen.ts'
import { Frame } from './frame.tsx'
import { useHubNow, useKiosk } from './kiosk-context.ts'
import type { KioskModel } from './model.ts'
import { shownSpaces } from '../common/shown-spaces.ts'
import { Announcements } from './announcements.tsx'
import { Overlays } from './overlays.tsx'
import { SetupPage } from './setup-page.tsx'

/** The screens of one kiosk, whichever role the hub gave it. */
export function Kiosk(): ReactElement {
  const role = useKiosk(({ model }) =>
    model.kiosk.state === 'enrolled' ? model.kiosk.assignment.role : 'door',
  )
  const locale = useKiosk((state) => state.session.settings.locale)
  const { i18n } = useTranslation()
  useEffect(() => {
    if (i18n.language !== locale) void i18n.changeLanguage(locale)
  }, [i18n, locale])
  return (
    <Frame>
      {role === 'door' ? <DoorApp /> : <EntranceApp />}
      <Overlays />
    </Frame>
  )
}

/** What the engine published, with all spaces in the visitor's language. [TXT-2] */
function useShownModel(): KioskModel {
  const model = useKiosk((state) => state.model)
  const locale = useKiosk((state) => state.session.settings.locale)
  const spaces = useMemo(() => shownSpaces(model.spaces, locale), [model.spaces, locale])
  return useMemo(() => (spaces === model.spaces ? model : { ...model, spaces }), [model, spaces])
}

function DoorApp(): ReactElement {
  const model = useShownModel()
  const session = useKiosk((state) => state.session)
  const nowMs = useHubNow()
  const [screens] = useState(makeDoorScreens)
  const screen = useMemo(() => screens(model, nowMs), [screens, model, nowMs])
  return (
    <>
      {'space' in screen ? <Door screen={screen} /> : <SetupPage screen={screen} />}
      <Announcements announcements={doorAnnouncements(screen, session)} />
    </>
  )
}

function EntranceApp(): ReactElement {
  const model = useShownModel()
  const session = useKiosk((state) => state.session)
  const isTouched = useKiosk(
    (state) => state.session.openSpaceId !== null || state.elapsedMs - state.session.touchedAtMs < FREEZE_MS,
  )
  // Ages in a list are minutes: five seconds late is soon enough for two thousand places.
  const nowMs = useHubNow(5_000)
  const [screens] = useState(makeEntranceScreens)
  const [ages] = useState(() => makeAgeClock(nowMs))
  useLayoutEffect(() => ages.goTo(nowMs), [ages, nowMs])
  const [order, setOrder] = useState<FrozenOrder | null>(null)
  const frozenOrder = isTouched ? order : null
  const { openSpaceId, toggledSections, isFreeOnly } = session
  const { locale } = session.settings
  const screen = useMemo(
    () =>
      screens(model, nowMs, {
        locale,
        openSpaceId,
        toggledSections,
        isFreeOnly,
        frozenOrder,
      }),
    [screens, model, nowMs, locale, openSpaceId, toggledSections, isFreeOnly, frozenOrder],
  )
  useEffect(() => {
    if (isTouched || !('tree' in screen)) return
    const freeze = (): void => setOrder(orderNow(screen.tree))
    window.addEventListener('pointerdown', freeze, { capture: true })
    window.addEventListener('keydown', freeze, { capture: true })
    return () => {
      window.removeEventListener('pointerdown', freeze, { capture: true })
      window.removeEventListener('keydown', freeze, { capture: true })
    }
  }, [screen, isTouched])
  return (
    <>
      {'tree' in screen ? (
        <AgeContext value={ages}>
          <Entrance screen={screen} />
        </AgeContext>
      ) : (
        <SetupPage screen={screen} />
      )}
      <Announcements announcements={entranceAnnouncements(screen, session)} />
    </>
  )
}
