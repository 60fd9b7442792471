import { fork, type ChildProcess } from 'node:child_process'

/** The process ended before it answered. */
export class ProcessGoneError extends Error {}

interface Waiting {
  resolve(answer: never): void
  reject(error: Error): void
}

/** A child process that answers questions over its IPC channel, and that can be killed at any moment. */
export class RequestProcess<Question extends object> {
  readonly child: ChildProcess
  private next = 0
  private readonly waiting = new Map<number, Waiting>()
  private readonly gone: Promise<void>
  private output = ''

  constructor(file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = process.env) {
    this.child = fork(file, [...args], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (data: Buffer) => {
        this.output = (this.output + data.toString()).slice(-4_000)
      })
    this.child.on('message', (message: { ask: number; answer?: unknown; error?: string }) => {
      const waiting = this.waiting.get(message.ask)
      this.waiting.delete(message.ask)
      if (message.error === undefined) waiting?.resolve(message.answer as never)
      else waiting?.reject(new Error(message.error))
    })
    this.gone = new Promise((resolve) => {
      this.child.once('exit', () => {
        for (const { reject } of this.waiting.values()) reject(new ProcessGoneError('the process is gone'))
        this.waiting.clear()
        resolve()
      })
    })
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** The last of what it printed. */
  get printed(): string {
    return this.output
  }

  /** Rejects with ProcessGoneError when the process ends before it answers. */
  ask<Answer>(question: Question): Promise<Answer> {
    if (!this.isAlive) return Promise.reject(new ProcessGoneError('the process is gone'))
    const ask = (this.next += 1)
    return new Promise<Answer>((resolve, reject) => {
      this.waiting.set(ask, { resolve, reject })
      this.child.send({ ask, question }, (error) => {
        if (error === null || !this.waiting.delete(ask)) return
        reject(new ProcessGoneError('the process is gone'))
      })
    })
  }

  /** kill -9, and resolves when the process is no more. */
  async kill(): Promise<void> {
    if (this.isAlive) this.child.kill('SIGKILL')
    await this.gone
  }

  /** Asks it to end by SIGTERM; kills it after `withinMs`. */
  async stop(withinMs = 5_000): Promise<void> {
    if (this.isAlive) this.child.kill('SIGTERM')
    const timer = setTimeout(() => this.child.kill('SIGKILL'), withinMs)
    await this.gone
    clearTimeout(timer)
  }
}

/** The child's side: answers each question with what `answer` gives, or with its error's text. */
export function answerRequests<Question>(answer: (question: Question) => Promise<unknown>): void {
  process.on('message', (message: { ask: number; question: Question }) => {
    answer(message.question).then(
      (value) => process.send?.({ ask: message.ask, answer: value }),
      (error: unknown) => process.send?.({ ask: message.ask, error: String(error) }),
    )
  })
}
