import type { ChildProgram } from './child-programs.ts'

/** Exit codes of an app whose window somebody closed: on a desk 0, after leaving full screen 75. */
const CLOSED: readonly (number | null)[] = [0, 75]

/** Exit code of a kiosk whose store broke: its supervisor starts it again. [KSK-3] */
const STORE_BROKE = 70

/** What ends so often within so long will end again. */
const MOST_ENDS = 3
const ENDS_WINDOW_MS = 60_000

/** What runs, and what is called when it ends. */
export interface Supervised {
  programs: () => readonly ChildProgram[]
  /** A program's end concerns nobody else. */
  remove: (program: ChildProgram) => void
  /** Starts what ended once more; false where that cannot be. Rejects when it does not come up. */
  startAgain: (program: ChildProgram) => Promise<boolean>
  say: (sentence: string) => void
}

/**
 * Waits until something ends that the rest cannot do without, and gives it. A window that somebody closed was meant to close:
 * that is said, and everything else goes on. A kiosk whose store broke, and whatever was killed, is started again, as a
 * supervisor would do; what ends three times within a minute is given up. [SHL-13] [KSK-20]
 */
export async function untilOneFails({
  programs,
  remove,
  startAgain,
  say,
}: Supervised): Promise<ChildProgram> {
  const ends: { name: string; atMs: number }[] = []
  for (;;) {
    const ended = await Promise.race(programs().map((program) => program.ended.then(() => program)))
    const { name, isWindow } = ended
    const { exitCode, signalCode } = ended.process
    if (isWindow && CLOSED.includes(exitCode)) {
      remove(ended)
      say(
        `The window of the ${name} was closed; everything else keeps running. The next "npm start" shows it again; Ctrl-C stops everything.`,
      )
      continue
    }
    const nowMs = performance.now()
    ends.push({ name, atMs: nowMs })
    const recent = ends.filter((end) => end.name === name && nowMs - end.atMs < ENDS_WINDOW_MS)
    const isWorthIt = (exitCode === STORE_BROKE || signalCode !== null) && recent.length < MOST_ENDS
    if (!isWorthIt || !(await startAgain(ended))) return ended
    say(`The ${name} stopped unexpectedly (${signalCode ?? `exit code ${exitCode}`}) and was restarted.`)
  }
}
