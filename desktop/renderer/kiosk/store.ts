import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Bridge, SliceName, Slices } from '#shared/wire/bridge.ts'
import { DEFAULT_SETTINGS } from '#shared/domain/university.ts'
import { FALLBACK } from '#shared/i18n/language.ts'
import { spokenHere } from '../i18n/languages.ts'
import { applySpaces, EMPTY_MODEL, type EngineConnection, type KioskModel } from './model.ts'
import { freshSession, passTime, plainSettings, type VisitorSession, type ScreenSettings } from './session.ts'

/** Everything that the kiosk's screens read: the engine's mirror, this visit, and the time. */
export interface KioskState {
  model: KioskModel
  session: VisitorSession
  /** The enrolment code as far as it was typed: whoever types it may look away for it, and the engine may be away meanwhile. */
  code: string
  /** Elapsed ms of this page, in steps of the ticker. */
  elapsedMs: number
  /** The device asks for dark colours by itself. */
  prefersDark: boolean
}

/** The store of a kiosk's page: a copy of what the engine published, and what the visitor is doing. */
export type KioskStore = StoreApi<KioskState>

/** A store before the engine's first message. */
export function makeKioskStore(elapsedMs: number, prefersDark: boolean): KioskStore {
  return createStore<KioskState>(() => ({
    model: EMPTY_MODEL,
    session: freshSession(plainSettings('en', prefersDark), elapsedMs),
    code: '',
    elapsedMs,
    prefersDark,
  }))
}

/** The visit that begins when nobody is there. */
export function freshSessionOf(
  state: Pick<KioskState, 'model' | 'prefersDark'>,
  elapsedMs: number,
): VisitorSession {
  return freshSession(initialSettings(state), elapsedMs)
}

/** What the device's configuration says; else the university's language and the device's colours. [LNG-3] [LNG-4] */
function initialSettings({
  model: { kiosk },
  prefersDark,
}: Pick<KioskState, 'model' | 'prefersDark'>): ScreenSettings {
  const { language, theme, reach = false } = kiosk.screen ?? {}
  const assigned = kiosk.state === 'enrolled' ? kiosk.assignment.locale : FALLBACK
  const locale = spokenHere(language ?? assigned) ?? spokenHere(assigned) ?? FALLBACK
  const isDark = theme === 'dark' || (theme !== 'light' && prefersDark)
  return { ...plainSettings(locale, isDark), isHighContrast: theme === 'contrast', isReach: reach }
}

/** Mirrors the engine's slices into the store; returns a function that ends it. [BRG-2] */
export function mirrorBridge(store: KioskStore, bridge: Bridge, elapsed: () => number): () => void {
  return bridge.onSlice((name, value) => {
    store.setState((state) => applySlice(state, name, value, elapsed()))
  })
}

/** The state after one slice. What a visit starts with reaches also the present one, but for what its visitor chose. */
export function applySlice<Name extends SliceName>(
  state: KioskState,
  name: Name,
  value: Slices[Name],
  elapsedMs: number,
): Partial<KioskState> {
  const model = applyToModel(state.model, { [name]: value }, elapsedMs)
  if (model.kiosk === state.model.kiosk) return { model }
  const { session } = state
  const settings = keepChosen(session.settings, initialSettings(state), initialSettings({ ...state, model }))
  return { model, session: { ...session, settings } }
}

function keepChosen(settings: ScreenSettings, before: ScreenSettings, after: ScreenSettings): ScreenSettings {
  const keep = <Key extends keyof ScreenSettings>(key: Key): ScreenSettings[Key] =>
    settings[key] === before[key] ? after[key] : settings[key]
  return {
    locale: keep('locale'),
    isLargeText: keep('isLargeText'),
    isHighContrast: keep('isHighContrast'),
    isDark: keep('isDark'),
    isReach: keep('isReach'),
  }
}

function applyToModel(model: KioskModel, slices: Partial<Slices>, elapsedMs: number): KioskModel {
  const { kiosk, link, spaces, outbox } = slices
  if (kiosk !== undefined) return { ...model, kiosk }
  if (link !== undefined) return { ...model, link, linkAtMs: elapsedMs }
  if (spaces !== undefined) return { ...model, spaces: applySpaces(model.spaces, spaces) }
  return outbox === undefined ? model : { ...model, outbox }
}

/** Notes that the engine behind the screen came or went. */
export function setEngineConnection(store: KioskStore, engine: EngineConnection): void {
  store.setState((state) => (state.model.engine === engine ? {} : { model: { ...state.model, engine } }))
}

/** Lets time go by: the clock in whole seconds (quarters while an undo runs), and what ends by itself. */
export function tick(store: KioskStore, elapsedMs: number): void {
  const state = store.getState()
  const idleMs =
    state.model.kiosk.state === 'enrolled'
      ? state.model.kiosk.assignment.idleMs
      : DEFAULT_SETTINGS.kioskIdleMs
  const session = passTime(state.session, freshSessionOf(state, elapsedMs), elapsedMs, idleMs)
  const step = session.report.step === 'thanks' ? 250 : 1000
  const isNext = Math.floor(elapsedMs / step) !== Math.floor(state.elapsedMs / step)
  if (isNext || session !== state.session) store.setState({ elapsedMs, session })
}
