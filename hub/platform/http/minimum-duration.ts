/**
 * Runs something whose duration would reveal what is known, and answers no earlier than `minimumMs` after it began; a fault too
 * waits for that moment. [IDN-2]
 */
export async function withMinimumDuration<Result>(
  minimumMs: number,
  run: () => Promise<Result>,
): Promise<Result> {
  const past = new Promise<void>((done) => setTimeout(done, minimumMs))
  try {
    return await run()
  } finally {
    await past
  }
}
