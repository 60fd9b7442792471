import { startScratchServer, TEST_SERVER_VARIABLE } from './testing.ts'

/**
 * One PostgreSQL for the whole test run, in vitest's globalSetup: whichever project comes first starts it, and stops it when
 * all are done. Workers find it through the environment.
 */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env[TEST_SERVER_VARIABLE] !== undefined) return () => Promise.resolve()
  const server = await startScratchServer()
  process.env[TEST_SERVER_VARIABLE] = server.url
  return async () => {
    delete process.env[TEST_SERVER_VARIABLE]
    await server.stop()
  }
}
