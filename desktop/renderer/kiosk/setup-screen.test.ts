import { expect, it } from 'vitest'
import { demoAssignment } from '#shared/fixtures/builders.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'
import { EMPTY_MODEL, type KioskModel } from './model.ts'
import { MOVED_FOR_MS, setupScreen } from './setup-screen.ts'

const NOW_MS = 1_800_000_000_000
const assignment = demoAssignment({ role: 'door', spaceId: 1 })
const room = { id: 1, name: 'Room 101' } as unknown as SpaceView

function modelOf(movedAtMs: number | null, changes: Partial<KioskModel> = {}): KioskModel {
  return {
    ...EMPTY_MODEL,
    kiosk: { state: 'enrolled', assignment, movedAtMs },
    spaces: new Map([[1, room]]),
    ...changes,
  }
}

const nameOf = (model: KioskModel, nowMs: number | null = NOW_MS): string => {
  const found = setupScreen(model, nowMs)
  return 'screen' in found ? found.screen.name : 'its space'
}

it('[SCR-34] says for ten seconds that it was moved, and again at the next move', () => {
  for (const movedAtMs of [NOW_MS, NOW_MS + 3_600_000]) {
    const model = modelOf(movedAtMs)
    expect(nameOf(model, movedAtMs)).toBe('moved')
    expect(nameOf(model, movedAtMs + MOVED_FOR_MS - 1)).toBe('moved')
    expect(nameOf(model, movedAtMs + MOVED_FOR_MS)).toBe('its space')
  }
  expect(nameOf(modelOf(null))).toBe('its space')
  expect(nameOf(modelOf(NOW_MS), null)).toBe('its space')
})

it('[SCR-34] says each thing that keeps it from showing its space, before all that is less', () => {
  expect(nameOf(modelOf(NOW_MS, { engine: 'refused' }))).toBe('engineRefused')
  expect(nameOf(modelOf(NOW_MS, { engine: 'away' }))).toBe('engineAway')
  expect(nameOf(modelOf(NOW_MS, { link: { ...EMPTY_MODEL.link, reason: 'revoked' } }))).toBe('revoked')
  for (const reason of ['forked', 'upgrade', 'tls', null] as const)
    expect(nameOf(modelOf(null, { link: { ...EMPTY_MODEL.link, reason } }))).toBe('its space')
  expect(nameOf(modelOf(NOW_MS, { spaces: new Map() }))).toBe('starting')
  expect(nameOf(modelOf(NOW_MS, { spaces: new Map([[2, room]]) }))).toBe('spaceGone')
  const unenrolled = (wasRevoked: boolean): KioskModel =>
    modelOf(null, { kiosk: { state: 'notEnrolled', name: 'Door', hubUrl: 'http://127.0.0.1', wasRevoked } })
  expect(nameOf(unenrolled(false))).toBe('notEnrolled')
  expect(nameOf(unenrolled(true))).toBe('revoked')
})
