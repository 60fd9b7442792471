import type { ConfigProblem } from '#shared/wire/bridge.ts'
import type { Assignment } from '#shared/domain/kiosk.ts'
import type { KioskModel } from './model.ts'

/** How long a screen says that it was moved before it shows its new space. */
export const MOVED_FOR_MS = 10_000

/** Screens that door and entrance share, before there is an assigned space to show. */
export type SetupScreen =
  | { name: 'starting'; isAssignmentRefused?: boolean }
  | { name: 'engineAway' }
  | { name: 'engineRefused' }
  | { name: 'configError'; file: string; problems: ConfigProblem[] }
  | { name: 'storeError'; advice: 'diskFull' | 'unreadable' | 'locked' | 'tooNew' }
  | { name: 'notEnrolled'; kioskName: string; hubUrl: string }
  | { name: 'revoked'; kioskName: string; canEnrol: boolean }
  | { name: 'moved'; placeName: string; universityName: string }
  | { name: 'spaceGone'; kioskName: string }

/** The screen before there is a space to show, or the assignment and its space. */
export function setupScreen(
  model: KioskModel,
  nowMs: number | null,
): { screen: SetupScreen } | { assignment: Assignment } {
  if (model.engine === 'refused') return { screen: { name: 'engineRefused' } }
  if (model.engine === 'away') return { screen: { name: 'engineAway' } }
  const { kiosk } = model
  switch (kiosk.state) {
    case 'starting':
      return {
        screen: {
          name: 'starting',
          ...(model.outbox.alarm === 'assignment' ? { isAssignmentRefused: true } : {}),
        },
      }
    case 'configError':
      return { screen: { name: 'configError', file: kiosk.file, problems: kiosk.problems } }
    case 'storeError':
      return { screen: { name: 'storeError', advice: kiosk.advice } }
    case 'notEnrolled':
      return kiosk.wasRevoked
        ? { screen: { name: 'revoked', kioskName: kiosk.name, canEnrol: true } }
        : { screen: { name: 'notEnrolled', kioskName: kiosk.name, hubUrl: kiosk.hubUrl } }
    case 'enrolled':
      return enrolledScreen(model, kiosk.assignment, kiosk.movedAtMs, nowMs)
  }
}

function enrolledScreen(
  model: KioskModel,
  assignment: Assignment,
  movedAtMs: number | null,
  nowMs: number | null,
): { screen: SetupScreen } | { assignment: Assignment } {
  if (model.link.reason === 'revoked')
    return { screen: { name: 'revoked', kioskName: assignment.kioskName, canEnrol: false } }
  const space = model.spaces.get(assignment.spaceId)
  if (space === undefined) {
    // Before the first rows have come there is nothing to miss.
    return model.spaces.size === 0
      ? { screen: { name: 'starting' } }
      : { screen: { name: 'spaceGone', kioskName: assignment.kioskName } }
  }
  const isNew = movedAtMs !== null && nowMs !== null && nowMs - movedAtMs < MOVED_FOR_MS
  if (isNew)
    return {
      screen: { name: 'moved', placeName: space.name, universityName: assignment.universityName },
    }
  return { assignment }
}
