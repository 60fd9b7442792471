import { startEmbedded } from './embedded.ts'

// A process that holds an embedded database, for tests that kill it: prints {url, pid} or {error}, and ends on SIGTERM.

const [folder = ''] = process.argv.slice(2)
try {
  const embedded = await startEmbedded({ folder, settings: { fsync: 'off' } })
  process.stdout.write(`${JSON.stringify({ url: embedded.url, pid: embedded.pid })}\n`)
  process.once('SIGTERM', () => void embedded.stop())
} catch (error) {
  process.stdout.write(
    `${JSON.stringify({ error: (error as Error).name, message: (error as Error).message })}\n`,
  )
  process.exitCode = 1
}
