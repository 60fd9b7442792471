/** A part that does not end within this is named and left to the end of this process. */
const ENDS_WITHIN_MS = 15_000

/** What has to be taken down again, in the reverse order of its making. */
export class Undo {
  private readonly steps: { name: string; run: () => Promise<void> }[] = []

  add(name: string, run: () => Promise<void>): void {
    this.steps.push({ name, run })
  }

  /** Never throws: what does not end cleanly is said on standard error. */
  async all(): Promise<void> {
    for (const { name, run } of this.steps.splice(0).toReversed()) {
      const late = Promise.withResolvers<string>()
      const timer = setTimeout(
        () => late.resolve(`did not end within ${ENDS_WITHIN_MS / 1000} s`),
        ENDS_WITHIN_MS,
      )
      const fault = await Promise.race([
        run().then(
          () => null,
          (error: unknown) => String(error),
        ),
        late.promise,
      ])
      clearTimeout(timer)
      if (fault !== null) process.stderr.write(`${name}: ${fault}\n`)
    }
  }
}
