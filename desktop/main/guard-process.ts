import { type AppEnd, EXIT_CODES } from './app-exit.ts'

/** What is watched of the process that the app runs in. */
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
 * Ends the app with a code where Electron would raise a dialog over the screen that nobody at a kiosk can answer, or go on
 * as if nothing had been. Also when the one who started it over IPC is gone. A terminal that was closed is no fault:
 * what is written there is lost. [SHL-5]
 */
export function guardProcess(process: ProcessPart, end: AppEnd): void {
  const fail = (error: unknown): void => end.fatal(textOf(error))
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  process.on('disconnect', () => end.end(EXIT_CODES.restart))
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error)
}
