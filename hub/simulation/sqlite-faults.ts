import Database from 'better-sqlite3'

/** The process died at this statement. Only simulations throw it. */
export class CrashSignal extends Error {}

/** What a simulation does to the stores of one device. */
export interface StoreLife {
  /** Asked before and after each writing statement: true ends the process right there. */
  diesNow(): boolean
  isDead(): boolean
}

interface Handles {
  life: StoreLife
  open: Set<Database.Database>
}

type Method = (this: object, ...args: unknown[]) => unknown

/**
 * Watches every SQLite handle of this process that is opened below a watched folder, so that a device can die between
 * any two statements, run out of disk, and leave no handle behind. Real SQLite does the rest.
 */
export class SqliteFaults {
  private readonly folders = new Map<string, Handles>()
  private readonly undo: (() => void)[] = []

  constructor() {
    const probe = new Database(':memory:')
    const statement: object = Object.getPrototypeOf(probe.prepare('select 1'))
    probe.close()
    this.wrap(statement, 'run', true)
    for (const name of ['get', 'all']) this.wrap(statement, name, false)
    for (const name of ['exec', 'prepare', 'pragma']) this.wrap(Database.prototype, name, false)
  }

  watch(folder: string, life: StoreLife): void {
    this.folders.set(folder, { life, open: new Set() })
  }

  /** The device's process is gone: its handles close, and what was not committed is rolled back. */
  closeAll(folder: string): void {
    const handles = this.folders.get(folder)
    this.folders.delete(folder)
    for (const handle of handles?.open ?? []) handle.close()
  }

  /** From now on the named file cannot grow (real SQLITE_FULL), or can again. */
  setFull(folder: string, fileName: string, isFull: boolean): void {
    for (const handle of this.folders.get(folder)?.open ?? []) {
      if (!handle.open || !handle.name.endsWith(fileName)) continue
      const pages = Number(handle.pragma('page_count', { simple: true }))
      handle.pragma(`max_page_count = ${isFull ? pages : 1_073_741_823}`)
    }
  }

  /** Puts SQLite back as it was. */
  stop(): void {
    for (const undo of this.undo) undo()
  }

  private wrap(prototype: object, name: string, isEffect: boolean): void {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name)
    const original = descriptor?.value as Method | undefined
    if (descriptor === undefined || original === undefined) throw new Error(`SQLite has no method ${name}`)
    const handlesOf = (target: object): Handles | undefined => this.handlesOf(target)
    const value: Method = function (...args) {
      const handles = handlesOf(this)
      if (handles === undefined) return original.apply(this, args)
      const { life } = handles
      const isRollback = 'source' in this && /^rollback/i.test(String(this.source))
      if (isRollback) return original.apply(this, args)
      if (life.isDead() || (isEffect && life.diesNow())) throw new CrashSignal('crashed')
      const result = original.apply(this, args)
      if (isEffect && life.diesNow()) throw new CrashSignal('crashed')
      return result
    }
    Object.defineProperty(prototype, name, { ...descriptor, value })
    this.undo.push(() => Object.defineProperty(prototype, name, descriptor))
  }

  private handlesOf(target: object): Handles | undefined {
    const database = ('database' in target ? target.database : target) as Database.Database
    const { name } = database
    const end = name.lastIndexOf('/')
    const handles = end === -1 ? undefined : this.folders.get(name.slice(0, end))
    handles?.open.add(database)
    return handles
  }
}
