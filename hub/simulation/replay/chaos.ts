import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import type { HubHost } from '../hub-host.ts'
import type { ConnectionProxy } from '../connection-proxy.ts'
import type { KioskHosts } from './kiosk-hosts.ts'

/** What the chaos did, by name. */
export type ChaosCounts = Record<
  'connections cut' | 'connections silenced' | 'kiosk processes killed' | 'hub killed' | 'hub stopped',
  number
>

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Cuts connections, kills kiosks, and kills and restarts the hub, until it is stopped. */
export class Chaos {
  readonly counts: ChaosCounts = {
    'connections cut': 0,
    'connections silenced': 0,
    'kiosk processes killed': 0,
    'hub killed': 0,
    'hub stopped': 0,
  }
  private readonly parts: { proxy: ConnectionProxy; hosts: KioskHosts; hub: HubHost | null }
  private readonly random: ReturnType<typeof makeSeededRandom>

  constructor(
    seed: number,
    dependencies: { proxy: ConnectionProxy; hosts: KioskHosts; hub: HubHost | null },
  ) {
    this.random = makeSeededRandom(seed)
    this.parts = dependencies
  }

  /** One fault, and its end: afterwards everything runs again. */
  async injectFault(): Promise<void> {
    const { proxy, hosts, hub } = this.parts
    const { random, counts } = this
    switch (random.integerBelow(hub === null ? 5 : 8)) {
      case 0:
      case 1:
        counts['connections cut'] += proxy.cut()
        return
      case 2: {
        // No end is notified, and what is under way is lost with the connection.
        proxy.isSilent = true
        counts['connections silenced'] += 1
        await pause(random.integerBelow(300))
        proxy.cut()
        proxy.isSilent = false
        return
      }
      case 3:
      case 4:
        counts['kiosk processes killed'] += 1
        return hosts.kill(random.integerBelow(hosts.hostCount))
      case 5:
        counts['hub stopped'] += 1
        return this.restartHub(() => hub?.stop() ?? Promise.resolve())
      default:
        counts['hub killed'] += 1
        return this.restartHub(() => hub?.kill() ?? Promise.resolve())
    }
  }

  /** Causes a fault now and then until `isOver`. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await pause(50 + this.random.integerBelow(500))
      if (!isOver()) await this.injectFault()
    }
  }

  private async restartHub(end: () => Promise<void>): Promise<void> {
    await end()
    await this.parts.hub?.start()
  }
}
