import type { KioskSlice, LinkSlice, OutboxSlice, SpacesSlice, SpaceView } from '#shared/wire/bridge.ts'

/** Whether the engine behind this screen answers; `refused`: it wants another address than the one that was opened. */
export type EngineConnection = 'up' | 'away' | 'refused'

/** A mirror of what the engine published; the screen holds no truth of its own. [BRG-2] */
export interface KioskModel {
  engine: EngineConnection
  kiosk: KioskSlice
  link: LinkSlice
  /** Elapsed ms at which `link` came: hub time goes on from there. */
  linkAtMs: number
  spaces: ReadonlyMap<number, SpaceView>
  outbox: OutboxSlice
}

/** The model before the engine's first message. */
export const EMPTY_MODEL: KioskModel = {
  engine: 'up',
  kiosk: { state: 'starting' },
  link: { status: 'connecting', hubNowMs: null, hubNowPlusMinusMs: null, lastContactMs: null, reason: null },
  linkAtMs: 0,
  spaces: new Map(),
  outbox: { waitingCount: 0, alarm: null, refused: [] },
}

/** Best estimate of hub time, ms since 1970; null when it is unknowable. `elapsedMs` is on the clock of `linkAtMs`. */
export function hubNow(model: Pick<KioskModel, 'link' | 'linkAtMs'>, elapsedMs: number): number | null {
  if (model.link.hubNowMs === null) return null
  return model.link.hubNowMs + Math.max(0, elapsedMs - model.linkAtMs)
}

/** The spaces after a slice: all of them anew, or those that changed. [BRG-2] */
export function applySpaces(
  spaces: ReadonlyMap<number, SpaceView>,
  slice: SpacesSlice,
): ReadonlyMap<number, SpaceView> {
  const next = new Map(slice.isWhole ? [] : spaces)
  for (const space of slice.spaces) next.set(space.id, space)
  for (const id of slice.gone) next.delete(id)
  return next
}
