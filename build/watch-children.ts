import type { Child } from './children.ts'

/** Exit codes of an app whose window somebody closed: on a desk 0, after leaving full screen 75. */
const CLOSED: readonly (number | null)[] = [0, 75]

/** What runs, and who hears of it. */
export interface Watching {
  children: () => readonly Child[]
  /** A child's end is not the house's. */
  forget: (child: Child) => void
  say: (sentence: string) => void
}

/**
 * Waits until something ends that the rest cannot do without, or that ended by itself, and gives it. A window that somebody
 * closed is their wish: that is said, and everything else goes on. [SHL-13]
 */
export async function untilOneFails({ children, forget, say }: Watching): Promise<Child> {
  for (;;) {
    const ended = await Promise.race(children().map((child) => child.ended.then(() => child)))
    if (!ended.isWindow || !CLOSED.includes(ended.process.exitCode)) return ended
    forget(ended)
    say(
      `The window of the ${ended.name} was closed; everything else goes on. The next "npm start" shows it again; Ctrl-C stops everything.`,
    )
  }
}
