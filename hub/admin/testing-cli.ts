import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from '../testing/testing-environment.ts'
import { runAdmin } from './run-admin.ts'
import { NO_TERMINAL, type Terminal } from './terminal.ts'

/** The command line's own file. */
export const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url))

/** What a run of the command line left. */
export interface CliRun {
  code: number | null
  stdout: string
  stderr: string
  /** The document of `--json`. Throws when standard output is not exactly one. */
  json(): unknown
}

/** Runs a command line in this process; without a terminal unless one is given. */
export async function runHere(
  environment: Record<string, string>,
  args: readonly string[],
  terminal: Terminal = NO_TERMINAL,
): Promise<CliRun> {
  const run = await runAdmin(args, environment, terminal)
  return { ...run, json: () => JSON.parse(run.stdout) as unknown }
}

/** Runs `npm run admin` as a process of its own, with nothing of this one's environment but what is given. */
export async function runCli(
  environment: Record<string, string>,
  args: readonly string[],
  input = '',
): Promise<CliRun> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: childEnvironment(environment),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.end(input)
  const code = await new Promise<number | null>((done) => child.once('close', (exitCode) => done(exitCode)))
  return { code, stdout, stderr, json: () => JSON.parse(stdout) as unknown }
}
