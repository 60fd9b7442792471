/**
 * Runs something whose length would tell what is known, and answers no earlier than `maskMs` after it began; a fault too
 * waits for that moment. [IDN-2]
 */
export async function masked<Result>(maskMs: number, run: () => Promise<Result>): Promise<Result> {
  const past = new Promise<void>((done) => setTimeout(done, maskMs))
  try {
    return await run()
  } finally {
    await past
  }
}
