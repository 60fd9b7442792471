import pTimeout from 'p-timeout'

/** A part that does not end within this is named and left to the end of this process. */
const ENDS_WITHIN_MS = 15_000

/** What has to be taken down again, in the reverse order of its making. */
export class CleanupStack {
  private readonly steps: { name: string; run: () => Promise<void> }[] = []
  private ended: Promise<void> = Promise.resolve()

  add(name: string, run: () => Promise<void>): void {
    this.steps.push({ name, run })
  }

  /**
   * Never throws: what does not end cleanly is said on standard error. Called again while it runs, it waits for the first, and takes down what was added since.
   */
  all(): Promise<void> {
    this.ended = this.ended.then(() => this.run())
    return this.ended
  }

  private async run(): Promise<void> {
    for (const { name, run } of this.steps.splice(0).toReversed()) {
      const message = `did not end within ${ENDS_WITHIN_MS / 1000} s`
      const fault = await pTimeout(run(), { milliseconds: ENDS_WITHIN_MS, message }).then(
        () => null,
        (error: unknown) => String(error),
      )
      if (fault !== null) process.stderr.write(`${name}: ${fault}\n`)
    }
  }
}
