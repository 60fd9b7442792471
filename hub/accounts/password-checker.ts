import { Worker } from 'node:worker_threads'
import type { HubLog } from '../platform/log.ts'

/** How long one password may take: the worst takes some hundredths of a second, many times that on a busy machine. */
const LIMIT_MS = 10_000
/** How long the thread may take to read its word lists, beside everything that a busy machine does. */
const START_LIMIT_MS = 30_000
/** Passwords that wait for the thread: as many as there are password slots, which bound them. [IDN-25] */
const MAX_WAITING = 400

/**
 * Tells whether a password is quickly guessed by somebody who knows these words about its owner. `busy`: too many wait
 * already, or it took too long. [IDN-20]
 */
export type IsCommon = (password: string, words: readonly string[]) => Promise<boolean | 'busy'>

/** Checks whether new passwords are common, in a thread of its own. */
export interface PasswordChecker {
  isCommon: IsCommon
  /** Ends its thread; waiting questions are answered `busy`. */
  stop(): Promise<void>
}

interface Question {
  password: string
  words: readonly string[]
  answer(verdict: boolean | 'busy'): void
}

function answerBusy(waiting: Question[]): void {
  for (const question of waiting.splice(0)) question.answer('busy')
}

/** A thread that checks one password at a time. */
interface CheckThread {
  isReady: boolean
  ask(question: Question): void
  /** Whether it keeps the process alive: an idle one does not. */
  keepAlive(isHeld: boolean): void
  end(): Promise<void>
}

/** Starts a thread. `onMessage` is called when it is ready, with each verdict, and when it has ended, by itself or because it took too long to start. */
function startThread(onMessage: (word: boolean | 'ready' | 'ended') => void, log: HubLog): CheckThread {
  const worker = new Worker(new URL('./password-checker-thread.ts', import.meta.url), { env: {} })
  const startTimeout = setTimeout(() => {
    log.error('password-thread-late', 'The thread that checks passwords did not start in time.', {
      limitMs: START_LIMIT_MS,
    })
    void worker.terminate()
  }, START_LIMIT_MS)
  const thread: CheckThread = {
    isReady: false,
    // The second argument lists what is transferred: nothing.
    ask: ({ password, words }) => worker.postMessage({ password, words: [...words] }, []),
    keepAlive: (isHeld) => {
      if (isHeld) worker.ref()
      else worker.unref()
    },
    end: async () => {
      clearTimeout(startTimeout)
      await worker.terminate()
    },
  }
  startTimeout.unref()
  worker.on('message', (word: boolean | 'ready') => {
    clearTimeout(startTimeout)
    thread.isReady = true
    onMessage(word)
  })
  // An error is followed by `exit`.
  worker.on('error', (error) =>
    log.error('password-thread-failed', 'The thread that checks passwords failed.', { err: error }),
  )
  worker.on('exit', () => onMessage('ended'))
  return thread
}

/**
 * Makes the checker: one thread that starts at the first question and is started again when it dies or takes too long, since
 * the strength library would hold up everybody else on the hub's own. [IDN-20]
 */
export function makePasswordChecker(
  log: HubLog,
  limits: { limitMs: number; maxWaiting: number } = { limitMs: LIMIT_MS, maxWaiting: MAX_WAITING },
): PasswordChecker {
  const waiting: Question[] = []
  let thread: CheckThread | null = null
  let current: { question: Question; timer: NodeJS.Timeout } | null = null
  let isStopped = false

  const settle = (verdict: boolean | 'busy'): void => {
    if (current === null) return
    clearTimeout(current.timer)
    current.question.answer(verdict)
    current = null
  }
  const start = (): CheckThread => {
    const started = startThread((word) => {
      if (thread !== started) return
      if (typeof word === 'boolean') settle(word)
      if (word === 'ended') replaceThread(started)
      else askNext()
    }, log)
    return started
  }
  /** The current question is answered `busy`, and the next one gets a new thread; a thread that cannot even start is tried once. */
  const replaceThread = (dead: CheckThread): void => {
    if (thread !== dead) return
    thread = null
    void dead.end()
    settle('busy')
    if (!dead.isReady) answerBusy(waiting)
    askNext()
  }
  const askNext = (): void => {
    if (current !== null || isStopped) return
    if (waiting.length === 0) return thread?.keepAlive(false)
    thread ??= start()
    const asked = thread
    asked.keepAlive(true)
    const question = asked.isReady ? waiting.shift() : undefined
    if (question === undefined) return
    current = { question, timer: setTimeout(() => replaceThread(asked), limits.limitMs) }
    asked.ask(question)
  }
  return {
    isCommon: (password, words) =>
      new Promise((answer) => {
        if (isStopped || waiting.length >= limits.maxWaiting) return answer('busy')
        waiting.push({ password, words, answer })
        return askNext()
      }),
    stop: async () => {
      isStopped = true
      answerBusy(waiting)
      settle('busy')
      const last = thread
      thread = null
      await last?.end()
    },
  }
}
