import { type AppExit, EXIT_CODES } from './app-exit.ts'

/** What of the Node process is watched. */
export interface ProcessPart {
  on(event: 'uncaughtException' | 'unhandledRejection', run: (error: unknown) => void): unknown
  on(event: 'disconnect', run: () => void): unknown
  readonly stdout: StreamPart
  readonly stderr: StreamPart
}

interface StreamPart {
  on(event: 'error', run: (error: unknown) => void): unknown
}

/**
 * Ends the app with a code after an uncaught exception or rejection, where Electron would raise a dialog that nobody at a kiosk
 * can answer, or go on. Also when the process that started it over IPC has ended. A terminal that was closed is no fault: what
 * is written there is lost. [SHL-5]
 */
export function guardProcess(process: ProcessPart, appExit: AppExit): void {
  const fail = (error: unknown): void => appExit.fatal(textOf(error))
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  process.on('disconnect', () => appExit.exit(EXIT_CODES.restart))
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error)
}
