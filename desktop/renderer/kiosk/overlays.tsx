import { useEffect, useRef, useState, type ReactElement } from 'react'
import { pathToRoot } from '#shared/domain/space.ts'
import { Dialog } from '../common/dialog.tsx'
import { isSecondTap, useTapGuard } from '../common/tap-guard.ts'
import { Icon } from '../ui/icons.tsx'
import { useKioskHandle, useKiosk } from './kiosk-context.ts'
import { secondsLeft } from '../common/times.ts'
import type { Overlay } from './session.ts'
import { useTypedKeys } from './typed-keys.ts'
import { useWords } from './words.ts'

/** What lies over the screen: still there?, the PIN, the page for staff. */
export function Overlays(): ReactElement | null {
  const overlay = useKiosk((state) => state.session.overlay)
  switch (overlay?.name) {
    case undefined:
      return null
    case 'stillThere':
      return <StillThere untilMs={overlay.untilMs} />
    case 'pinPad':
      return <PinPad overlay={overlay} />
    case 'diagnostics':
      return <DiagnosticsPage overlay={overlay} />
  }
}

function StillThere({ untilMs }: { untilMs: number }): ReactElement {
  const { t } = useWords()
  const { actions } = useKioskHandle()
  const left = useKiosk((state) => secondsLeft(untilMs, state.elapsedMs))
  // It comes by itself, over whatever somebody is about to touch.
  const isGuarded = useTapGuard(false, true)
  return (
    <Dialog className="dialog" name="stillThere" titleId="still-title" onClose={actions.closeOverlay}>
      <h2 id="still-title">{t('stillThere.title')}</h2>
      <p>{t('stillThere.body', { count: left })}</p>
      <div className="dialog-buttons" data-guarded={isGuarded}>
        <button
          type="button"
          className="button button-main"
          onClick={() => isGuarded || actions.closeOverlay()}
        >
          {t('stillThere.yes')}
        </button>
        <button type="button" className="button" onClick={() => isGuarded || actions.startOver()}>
          {t('stillThere.no')}
        </button>
      </div>
    </Dialog>
  )
}

const MAX_PIN = 32

function PinPad({ overlay }: { overlay: Extract<Overlay, { name: 'pinPad' }> }): ReactElement {
  const { t, refusal } = useWords()
  const { actions } = useKioskHandle()
  const [pin, setPin] = useState('')
  const isAsking = overlay.asking !== null
  const type = (text: string): void =>
    setPin((before) => (before + text.replaceAll(/[^0-9]/g, '')).slice(0, MAX_PIN))
  const erase = (): void => setPin((before) => before.slice(0, -1))
  const enter = (): void => {
    if (pin === '' || isAsking) return
    setPin('')
    void actions.enterPin(pin)
  }
  const go = useRef<HTMLButtonElement>(null)
  // Typed on a real keyboard: its Enter is to send, and not to press the key that happens to have the focus. [SCR-16]
  const [isTyped, setTyped] = useState(false)
  useEffect(() => {
    if (isTyped && pin !== '') go.current?.focus()
  }, [isTyped, pin])
  useTypedKeys({
    type: (text) => {
      setTyped(true)
      type(text)
    },
    erase,
  })
  const digitKey = (digit: string): ReactElement => (
    <button
      key={digit}
      type="button"
      className="key"
      onClick={(event) => {
        // The pad comes up where "Service" was tapped: the second of two taps there is no digit.
        if (pin === '' && isSecondTap(event)) return
        setTyped(false)
        type(digit)
      }}
    >
      {digit}
    </button>
  )
  const refused = pin === '' ? overlay.refusal : null
  const said = refused === null ? t(isAsking ? 'pin.asking' : 'pin.body') : refusal(refused.why)
  return (
    <Dialog className="dialog" name="pinPad" titleId="pin-title" onClose={actions.closeOverlay}>
      <h2 id="pin-title">{t('pin.title')}</h2>
      <p aria-live="polite" data-wrong={refused !== null}>
        {said}
      </p>
      <p className="pin-dots">
        <span className="hidden">{t('pin.entered', { count: pin.length })}</span>
        <span aria-hidden="true">{'●'.repeat(pin.length)}</span>
      </p>
      <div className="keys keys-pin">
        {[...'123456789'].map(digitKey)}
        <button type="button" className="key key-erase" aria-label={t('pin.erase')} onClick={erase}>
          <Icon name="erase" />
        </button>
        {digitKey('0')}
        <button
          ref={go}
          type="button"
          className="key key-go"
          disabled={pin === '' || isAsking}
          onClick={enter}
        >
          {t('pin.enter')}
        </button>
        <button type="button" className="key key-back" onClick={actions.closeOverlay}>
          {t('pin.cancel')}
        </button>
      </div>
    </Dialog>
  )
}

function DiagnosticsPage({ overlay }: { overlay: Extract<Overlay, { name: 'diagnostics' }> }): ReactElement {
  const { t, time, date } = useWords()
  const { facts } = overlay
  const assignment = useKiosk(({ model }) =>
    model.kiosk.state === 'enrolled' ? model.kiosk.assignment : null,
  )
  const spaces = useKiosk(({ model }) => model.spaces)
  const path = assignment === null ? [] : pathToRoot(spaces, assignment.spaceId).toReversed()
  const { actions } = useKioskHandle()
  const known = (value: string | number | null): string =>
    value === null ? t('diagnostics.unknown') : String(value)
  const contact = facts.lastContactMs
  // It takes the place of the PIN pad when the hub answers.
  const isGuarded = useTapGuard(false, true)
  const place = t('diagnostics.place')
  const rows: [string, string][] = [
    [t('diagnostics.name'), known(assignment?.kioskName ?? null)],
    [t('diagnostics.kioskId'), known(facts.kioskId)],
    [place, path.length === 0 ? known(null) : path.map(({ name }) => name).join(' / ')],
    [t('diagnostics.hubUrl'), facts.hubUrl],
    [t('diagnostics.appVersion'), facts.appVersion],
    [t('diagnostics.keyGrade'), facts.keyGrade],
    [t('diagnostics.epoch'), known(facts.epoch)],
    [t('diagnostics.cursor'), known(facts.cursor)],
    [t('diagnostics.waitingCount'), known(facts.waitingCount)],
    [t('diagnostics.rowCount'), known(facts.rowCount)],
    [
      t('diagnostics.clockOffset'),
      facts.clockOffsetMs === null
        ? known(null)
        : `${facts.clockOffsetMs} ± ${facts.clockOffsetPlusMinusMs} ms`,
    ],
    [t('diagnostics.lastContact'), contact === null ? known(null) : `${date(contact)} ${time(contact)}`],
    [t('diagnostics.mismatchCount'), known(facts.mismatchCount)],
    [t('diagnostics.cacheResetCount'), known(facts.cacheResetCount)],
  ]
  return (
    <Dialog className="dialog" name="diagnostics" titleId="diagnostics-title" onClose={actions.closeOverlay}>
      <h2 id="diagnostics-title">{t('diagnostics.title')}</h2>
      <dl className="diagnostics">
        {rows.map(([name, value]) => (
          <div key={name} data-wide={name === place || undefined}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div aria-live="polite">
        {overlay.isInBrowser && <p data-wrong="true">{t('diagnostics.inBrowser')}</p>}
      </div>
      <div className="dialog-buttons" data-guarded={isGuarded}>
        <button
          type="button"
          className="button button-main"
          onClick={() => isGuarded || actions.closeOverlay()}
        >
          {t('diagnostics.close')}
        </button>
        <button type="button" className="button" onClick={() => isGuarded || void actions.leaveFullScreen()}>
          {t('diagnostics.leaveFullScreen')}
        </button>
      </div>
    </Dialog>
  )
}
