/**
 * Runs something that reads what is newest, once at a time. Whoever asks gets what a run gives that began after asking;
 * all who ask while one runs share the next.
 */
export function makeNewest<Result>(run: () => Promise<Result>): () => Promise<Result> {
  const state: { running: Promise<unknown>; next: Promise<Result> | null } = {
    running: Promise.resolve(),
    next: null,
  }
  const begin = (): Promise<Result> => {
    const running = run()
    state.next = null
    state.running = running.catch(() => undefined)
    return running
  }
  return () => (state.next ??= state.running.then(begin))
}
