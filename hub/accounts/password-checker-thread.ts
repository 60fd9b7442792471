import { parentPort } from 'node:worker_threads'
import { loadCommonPasswords } from './common-passwords.ts'

// The thread of the password checker: sends "ready" once, then answers each question with whether it is common.

const isCommon = await loadCommonPasswords()
parentPort?.on('message', ({ password, words }: { password: string; words: string[] }) =>
  parentPort?.postMessage(isCommon(password, words), []),
)
parentPort?.postMessage('ready', [])
