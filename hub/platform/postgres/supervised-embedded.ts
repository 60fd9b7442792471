import { setTimeout as delay } from 'node:timers/promises'
import type { HubLog } from '../log.ts'
import { startEmbedded, type Embedded, type EmbeddedOptions } from './embedded.ts'

/** An embedded database that is started again when it ends by itself. */
export interface SupervisedEmbedded {
  /** Stays the same through restarts. */
  url: string
  pid(): number
  stop(): Promise<void>
}

const RETRY_MS = 1_000

/**
 * Starts the embedded PostgreSQL and keeps it running: killed from outside, it comes back on the same folder and
 * address. The first start throws as startEmbedded does; later ones are logged and tried again.
 */
export async function startSupervisedEmbedded(
  options: EmbeddedOptions,
  log: HubLog,
): Promise<SupervisedEmbedded> {
  let current: Embedded = await startEmbedded(options)
  const stopping = new AbortController()
  const again = async (): Promise<void> => {
    try {
      current = await startEmbedded(options)
      log.warn('embedded-restarted', 'The embedded database was started again.', { pid: current.pid })
    } catch (error) {
      log.error('embedded-not-restarted', 'The embedded database cannot be started again.', { err: error })
      await delay(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const keep = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await current.ended
      if (stopping.signal.aborted) return
      log.error('embedded-ended', 'The embedded database stopped unexpectedly.', { pid: current.pid })
      await again()
    }
  }
  const kept = keep()
  return {
    url: current.url,
    pid: () => current.pid,
    stop: async () => {
      stopping.abort()
      await current.stop()
      await kept
      // A restart may have been running when the stop came.
      await current.stop()
    },
  }
}
