import { startScratchServer, TEST_SERVER_VARIABLE } from './testing.ts'

/** One PostgreSQL for the whole test run, in vitest's globalSetup; workers find it through the environment. */
export default async function setup(): Promise<() => Promise<void>> {
  const server = await startScratchServer()
  process.env[TEST_SERVER_VARIABLE] = server.url
  return () => server.stop()
}
