import { useEffect, useRef, useState, type ReactElement } from 'react'
import type { Diagnostics } from '#shared/wire/bridge.ts'
import { Dialog } from '../common/dialog.tsx'
import { Icon } from '../ui/icons.tsx'
import { useKioskHandle, useKiosk } from './kiosk-context.ts'
import { secondsLeft } from '../common/times.ts'
import type { Overlay } from './session.ts'
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
      return <DiagnosticsPage facts={overlay.facts} />
  }
}

function StillThere({ untilMs }: { untilMs: number }): ReactElement {
  const { t } = useWords()
  const { actions } = useKioskHandle()
  const left = useKiosk((state) => secondsLeft(untilMs, state.elapsedMs))
  return (
    <Dialog className="dialog" name="stillThere" titleId="still-title" onClose={actions.closeOverlay}>
      <h2 id="still-title">{t('stillThere.title')}</h2>
      <p>{t('stillThere.body', { count: left })}</p>
      <div className="dialog-buttons">
        <button type="button" className="button button-main" onClick={actions.closeOverlay}>
          {t('stillThere.yes')}
        </button>
        <button type="button" className="button" onClick={actions.startOver}>
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
  const type = (digit: string): void => setPin((before) => (before + digit).slice(0, MAX_PIN))
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
  useDigits((digit) => {
    setTyped(true)
    type(digit)
  }, erase)
  const digitKey = (digit: string): ReactElement => (
    <button
      key={digit}
      type="button"
      className="key"
      onClick={() => {
        setTyped(false)
        type(digit)
      }}
    >
      {digit}
    </button>
  )
  const said =
    overlay.refusal !== null && pin === ''
      ? refusal(overlay.refusal.why)
      : t(isAsking ? 'pin.asking' : 'pin.body')
  return (
    <Dialog className="dialog" name="pinPad" titleId="pin-title" onClose={actions.closeOverlay}>
      <h2 id="pin-title">{t('pin.title')}</h2>
      <p>{said}</p>
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

function useDigits(type: (digit: string) => void, erase: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Backspace') erase()
      else if (/^[0-9]$/.test(event.key)) type(event.key)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })
}

function DiagnosticsPage({ facts }: { facts: Diagnostics }): ReactElement {
  const { t, time, date } = useWords()
  const { actions } = useKioskHandle()
  const known = (value: string | number | null): string =>
    value === null ? t('diagnostics.unknown') : String(value)
  const contact = facts.lastContactMs
  const rows: [string, string][] = [
    [t('diagnostics.kioskId'), known(facts.kioskId)],
    [t('diagnostics.hubUrl'), facts.hubUrl],
    [t('diagnostics.appVersion'), facts.appVersion],
    [t('diagnostics.keyGrade'), facts.keyGrade],
    [t('diagnostics.epoch'), known(facts.epoch)],
    [t('diagnostics.cursor'), known(facts.cursor)],
    [t('diagnostics.waitingCount'), known(facts.waitingCount)],
    [t('diagnostics.rowCount'), known(facts.rowCount)],
    [t('diagnostics.clockOffset'), facts.clockOffsetMs === null ? known(null) : `${facts.clockOffsetMs} ms`],
    [t('diagnostics.lastContact'), contact === null ? known(null) : `${date(contact)} ${time(contact)}`],
    [t('diagnostics.mismatchCount'), known(facts.mismatchCount)],
    [t('diagnostics.cacheResetCount'), known(facts.cacheResetCount)],
  ]
  return (
    <Dialog className="dialog" name="diagnostics" titleId="diagnostics-title" onClose={actions.closeOverlay}>
      <h2 id="diagnostics-title">{t('diagnostics.title')}</h2>
      <dl className="diagnostics">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="dialog-buttons">
        <button type="button" className="button button-main" onClick={actions.closeOverlay}>
          {t('diagnostics.close')}
        </button>
        <button type="button" className="button" onClick={() => void actions.leaveFullScreen()}>
          {t('diagnostics.leaveFullScreen')}
        </button>
      </div>
    </Dialog>
  )
}
