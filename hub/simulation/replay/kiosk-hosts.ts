import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { RequestProcess, ProcessGoneError } from '../request-process.ts'
import type { KioskQuestion, KioskState, TapAnswer } from '../kiosk-process.ts'

const PROGRAM = fileURLToPath(new URL('../kiosk-process.ts', import.meta.url))

/** A kiosk, and the process in which it runs. */
interface Hosted {
  name: string
  folder: string
  host: number
}

/** Virtual kiosks in a few processes that can be killed and come back on the same folders. */
export class KioskHosts {
  private readonly hubUrl: () => string
  private readonly hosts: RequestProcess<KioskQuestion>[]
  private readonly returning: (Promise<void> | null)[]
  private readonly kiosks = new Map<string, Hosted>()
  readonly root: string

  constructor(hubUrl: () => string, hostCount: number) {
    this.hubUrl = hubUrl
    this.root = mkdtempSync(join(tmpdir(), 'carrel-kiosks-'))
    this.hosts = Array.from({ length: hostCount }, () => new RequestProcess<KioskQuestion>(PROGRAM))
    this.returning = this.hosts.map(() => null)
  }

  get hostCount(): number {
    return this.hosts.length
  }

  cacheFile(name: string): string {
    return join(this.find(name).folder, 'cache.db')
  }

  async enrol(name: string, code: string): Promise<void> {
    const kiosk = { name, folder: join(this.root, name), host: this.kiosks.size % this.hosts.length }
    mkdirSync(kiosk.folder)
    this.kiosks.set(name, kiosk)
    await this.ask(kiosk, this.opening(kiosk, code))
  }

  /** kill -9 of one process; its kiosks come back by themselves. */
  async kill(index: number): Promise<void> {
    const returning = (async () => {
      await this.hosts[index]?.kill()
      this.hosts[index] = new RequestProcess<KioskQuestion>(PROGRAM)
      for (const kiosk of this.kiosks.values())
        if (kiosk.host === index) await this.hosts[index].ask(this.opening(kiosk, null))
    })()
    this.returning[index] = returning
    await returning
    this.returning[index] = null
  }

  /**
   * A passer-by taps until the kiosk says that it is saved. When the kiosk dies in the middle, its outbox shows after
   * the restart whether the tap was saved: nobody taps twice. Returns the mutation's number.
   */
  async report(name: string, spaceId: number, level: number): Promise<number> {
    const kiosk = this.find(name)
    for (;;) {
      await this.returning[kiosk.host]
      const before = newestMutation(kiosk.folder)
      try {
        const answer = await this.ask<TapAnswer>(kiosk, { ask: 'report', name, spaceId, level })
        if ('mutationId' in answer) return answer.mutationId
        if (answer.refused !== 'notEnrolled') throw new Error(`${name} refused a tap: ${answer.refused}`)
        // Its assignment comes with the first welcome.
        await new Promise((resolve) => setTimeout(resolve, 50))
      } catch (error) {
        if (!(error instanceof ProcessGoneError)) throw error
        await this.returning[kiosk.host]
        const after = newestMutation(kiosk.folder)
        if (after > before) return after
      }
    }
  }

  async state(name: string): Promise<KioskState> {
    const kiosk = this.find(name)
    for (;;) {
      await this.returning[kiosk.host]
      try {
        return await this.ask<KioskState>(kiosk, { ask: 'state', name })
      } catch (error) {
        if (!(error instanceof ProcessGoneError)) throw error
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.kill()))
    rmSync(this.root, { recursive: true, force: true })
  }

  /** What the processes printed last, for the report of a failure. */
  printed(): string {
    return this.hosts.map((host) => host.printed).join('\n')
  }

  private opening(kiosk: Hosted, code: string | null): KioskQuestion {
    return { ask: 'open', name: kiosk.name, folder: kiosk.folder, hubUrl: this.hubUrl(), code }
  }

  private find(name: string): Hosted {
    const kiosk = this.kiosks.get(name)
    if (kiosk === undefined) throw new Error(`no kiosk ${name}`)
    return kiosk
  }

  private ask<Answer>(kiosk: Hosted, question: KioskQuestion): Promise<Answer> {
    const host = this.hosts[kiosk.host]
    if (host === undefined) throw new Error(`no process for ${kiosk.name}`)
    return host.ask<Answer>(question)
  }
}

function newestMutation(folder: string): number {
  const sqlite = new Database(join(folder, 'outbox.db'), { readonly: true })
  const newest = sqlite.prepare('select max(id) from mutations').pluck().get()
  sqlite.close()
  return Number(newest ?? 0)
}
