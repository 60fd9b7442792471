import type { SliceName, Slices, SpaceView } from '#shared/wire/bridge.ts'
import type { EngineClock, EngineLog } from '../core/ports.ts'

/** Spaces sent to a screen in one breath: about 10 ms of folding and copying. */
const PATCH_SPACES = 2_000

/** Listens to all slices. */
export type ListenSlices = <Name extends SliceName>(name: Name, value: Slices[Name]) => void

/** The slices that are told whole, one at a time: all but the spaces, and the shell's beat. */
type PublishedAlone = Exclude<SliceName, 'spaces' | 'beat'>

/** Where slices come from: each reads the newest truth when asked. */
export interface SliceSources {
  kiosk(): Slices['kiosk']
  link(): Slices['link']
  outbox(): Slices['outbox']
  /** Everything; an engine without rows has none. */
  spaces(): SpaceView[]
  /** One space as it is shown now; null: not there. */
  space(id: number): SpaceView | null
}

/** Publishes slices to our own screens. It keeps no truth: what is sent is read when it is sent. [BRG-2] */
export interface Screen {
  /** Sends the newest of every slice, then each change. Returns a function that ends this. */
  subscribe(listen: ListenSlices): () => void
  publish(name: PublishedAlone): void
  /** Publishes spaces soon, many at once. */
  markSpaces(ids: Iterable<number>): void
  /** Publishes one space now: an own tap. */
  publishSpace(id: number): void
}

/** Makes the publisher of one engine. A screen that throws stops neither the others nor what made the news. [KSK-13] */
export function makeScreen(clock: EngineClock, log: EngineLog, sources: SliceSources): Screen {
  const listeners = new Set<ListenSlices>()
  const marked = new Set<number>()
  const due = { isPlanned: false }

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
    due.isPlanned = false
    const ids: number[] = []
    for (const id of marked) {
      if (ids.length === PATCH_SPACES) break
      ids.push(id)
      marked.delete(id)
    }
    if (ids.length > 0) tellSpaces(ids)
    plan()
  }

  const plan = (): void => {
    if (marked.size === 0 || due.isPlanned) return
    due.isPlanned = true
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
    markSpaces: (ids) => {
      if (listeners.size === 0) return
      for (const id of ids) marked.add(id)
      plan()
    },
    publishSpace: (id) => {
      marked.delete(id)
      if (listeners.size > 0) tellSpaces([id])
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
      log.warn('a screen was not told', { reason: String(error) })
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
