import type { SliceName, Slices, SpaceView } from '#shared/wire/bridge.ts'
import type { EngineClock } from '../core/ports.ts'
import type { EngineLog } from '../log/engine-log.ts'
import type { ChangedIds } from '../collections/changed-ids.ts'

/** Spaces sent to a screen in one turn of the event loop: about 10 ms of folding and copying. */
const PATCH_SPACES = 2_000

/** Listens to all slices. */
export type ListenSlices = <Name extends SliceName>(name: Name, value: Slices[Name]) => void

/** The slices that are sent whole, one at a time: all but the spaces, and the shell's heartbeat. */
type PublishedAlone = Exclude<SliceName, 'spaces' | 'beat'>

/** Where slices come from: each reads the newest state when called. */
export interface SliceSources {
  kiosk(): Slices['kiosk']
  link(): Slices['link']
  outbox(): Slices['outbox']
  /** Every space that is not gone. */
  spaces(): SpaceView[]
  /** One space as it is shown now; null: there is none. */
  space(id: number): SpaceView | null
  /** Ids of the spaces that are shown differently where these rows changed. */
  spacesOf(changed: ChangedIds): Iterable<number>
}

/** Publishes slices to this kiosk's own screens. It stores none: what is sent is read when it is sent. [BRG-2] */
export interface SlicePublisher {
  /** Sends the newest of every slice, then each change. Returns a function that ends this. */
  subscribe(listen: ListenSlices): () => void
  publish(name: PublishedAlone): void
  /** Publishes what is shown of changed rows in the next turns of the event loop, many at once. */
  markRows(changed: ChangedIds): void
  /** Publishes what is shown of some rows of one collection at once: somebody asked for something here. */
  publishRows(collection: string, ids: readonly number[]): void
}

/** Makes the publisher of one engine. A listener that throws stops neither the others nor the caller. [KSK-13] */
export function makeSlicePublisher(
  clock: EngineClock,
  log: EngineLog,
  sources: SliceSources,
): SlicePublisher {
  const listeners = new Set<ListenSlices>()
  const marked = new Set<number>()
  const timer = { isScheduled: false }

  const tellAll = (tell: (listen: ListenSlices) => void): void => tellEach(listeners, tell, log)

  const tellSpaces = (ids: Iterable<number>): void => {
    const value: Slices['spaces'] = { isWhole: false, spaces: [], gone: [] }
    for (const id of ids) {
      const view = sources.space(id)
      if (view === null) value.gone.push(id)
      else value.spaces.push(view)
    }
    tellAll((listen) => listen('spaces', value))
  }

  const flush = (): void => {
    timer.isScheduled = false
    const ids: number[] = []
    for (const id of marked) {
      if (ids.length === PATCH_SPACES) break
      ids.push(id)
      marked.delete(id)
    }
    if (ids.length > 0) tellSpaces(ids)
    schedule()
  }

  const schedule = (): void => {
    if (marked.size === 0 || timer.isScheduled) return
    timer.isScheduled = true
    clock.after(0, flush)
  }

  return {
    subscribe: (listen) => {
      listen('kiosk', sources.kiosk())
      listen('link', sources.link())
      listen('outbox', sources.outbox())
      listen('spaces', { isWhole: true, spaces: sources.spaces(), gone: [] })
      listeners.add(listen)
      return () => void listeners.delete(listen)
    },
    publish: (name) => {
      if (listeners.size > 0) tellAll((listen) => tellOne(listen, name, sources))
    },
    markRows: (changed) => {
      if (listeners.size === 0) return
      for (const id of sources.spacesOf(changed)) marked.add(id)
      schedule()
    },
    publishRows: (collection, ids) => {
      if (listeners.size === 0) return
      const spaceIds = [...sources.spacesOf(new Map([[collection, new Set(ids)]]))]
      for (const id of spaceIds) marked.delete(id)
      if (spaceIds.length > 0) tellSpaces(spaceIds)
    },
  }
}

function tellEach(
  listeners: ReadonlySet<ListenSlices>,
  tell: (listen: ListenSlices) => void,
  log: EngineLog,
): void {
  for (const listen of listeners) {
    try {
      tell(listen)
    } catch (error) {
      log.warn('screen-not-updated', 'A screen could not be updated.', { reason: String(error) })
    }
  }
}

function tellOne(listen: ListenSlices, name: PublishedAlone, sources: SliceSources): void {
  switch (name) {
    case 'kiosk':
      return listen('kiosk', sources.kiosk())
    case 'link':
      return listen('link', sources.link())
    case 'outbox':
      return listen('outbox', sources.outbox())
  }
}
