import { rmSync } from 'node:fs'
import { startProgram, type ChildProgram } from '../../build/child-programs.ts'

/** Longer than what a kiosk takes for standing still. [KSK-12] */
const NAP_MS = 6_500

/** A kiosk without Electron in a process of its own: the real engine behind the agent's screens. */
export class KioskHost {
  readonly name: string
  private readonly hubUrl: string
  private readonly folder: string
  private child: ChildProgram | null = null
  private address = ''

  constructor(name: string, hubUrl: string, folder: string) {
    this.name = name
    this.hubUrl = hubUrl
    this.folder = folder
  }

  /** The printed address of its screens, with the token. */
  get url(): string {
    return this.address
  }

  /** Starts it; with a code it enrols. Started again it comes back at the same address. */
  async start(code = ''): Promise<void> {
    const port = this.address === '' ? '0' : new URL(this.address).port
    const args = ['--name', this.name, '--hub', this.hubUrl, '--folder', this.folder, '--port', port]
    const said: string[] = []
    this.child = startProgram({
      name: 'kiosk',
      file: 'desktop/agent/kiosk.ts',
      args,
      env: { CARREL_LOG: 'silent' },
      input: code,
      onErrorLine: (line) => said.push(line),
    })
    try {
      this.address = (await this.child.waitForLine('kiosk ')).slice('kiosk '.length)
    } catch (error) {
      throw new Error(`The kiosk "${this.name}" did not start: ${said.join('\n')}`, { cause: error })
    }
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.child?.process.kill('SIGKILL')
    await this.child?.ended
  }

  /**
   * Its machine sleeps a little and wakes: a kiosk then connects at once, where its next try may be a minute away by rule.
   * [KSK-12] [SYN-23]
   */
  async nap(): Promise<void> {
    this.freeze()
    await new Promise((resolve) => setTimeout(resolve, NAP_MS))
    this.thaw()
  }

  /** It hangs, as on a disk that does not answer, until it is thawed. */
  freeze(): void {
    this.child?.process.kill('SIGSTOP')
  }

  thaw(): void {
    this.child?.process.kill('SIGCONT')
  }

  /** Stops it and takes its folder away. */
  async remove(): Promise<void> {
    this.thaw()
    await this.child?.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
