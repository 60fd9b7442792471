import { pickDevice, type Act } from './act.ts'
import type { Device } from './device.ts'
import type { OperationKind } from './operations.ts'
import type { VirtualConnection } from './virtual-connection.ts'

type ConnectionFault = Extract<OperationKind, 'cut' | 'cutLate' | 'halfOpen' | 'partition' | 'slow' | 'twice'>

function lastLine(device: Device | undefined): VirtualConnection | undefined {
  return [...(device?.connections ?? [])].findLast((line) => line.isNearOpen && line.isFarOpen)
}

/** What can happen to a connection, and to the network under it. */
export const CONNECTION_FAULTS: Record<ConnectionFault, Act> = {
  cut: (world, { a }) => {
    const line = lastLine(pickDevice(world, a))
    if (line === undefined) return false
    world.counts.fire('line cut, what was on it lost')
    line.cut()
    return true
  },
  cutLate: (world, { a, b }) => {
    const line = lastLine(pickDevice(world, a))
    if (line === undefined) return false
    world.counts.fire('line cut, what was on it late')
    line.cutLate(2_000 + (b % 20_000))
    return true
  },
  halfOpen: (world, { a }) => {
    const line = lastLine(pickDevice(world, a))
    if (line === undefined) return false
    world.counts.fire('half-open line')
    line.silence()
    return true
  },
  partition: (world, { a, c }, index) => {
    const device = pickDevice(world, a)
    if (device === undefined || device.way.isPartitioned) return false
    world.counts.begin('partition')
    device.way.isPartitioned = true
    // A connection that lost a message is lost: TCP never goes on after a gap.
    for (const line of device.connections) line.silence()
    world.activeFaults.push({
      name: 'partition',
      untilOperation: index + 10 + (c % 60),
      end: () => {
        device.way.isPartitioned = false
      },
    })
    return true
  },
  slow: (world, { a, b, c }, index) => {
    const device = pickDevice(world, a)
    if (device === undefined || device.way.delayMs > 20) return false
    world.counts.begin('slow line')
    device.way.delayMs = 100 + (b % 3_000)
    world.activeFaults.push({
      name: 'slow line',
      untilOperation: index + 10 + (c % 60),
      end: () => {
        device.way.delayMs = 20
      },
    })
    return true
  },
  twice: (world, { a, c }, index) => {
    const device = pickDevice(world, a)
    if (device === undefined || device.way.twiceChance > 0) return false
    world.counts.begin('frames arrive twice')
    device.way.twiceChance = 0.5
    world.activeFaults.push({
      name: 'frames arrive twice',
      untilOperation: index + 10 + (c % 60),
      end: () => {
        device.way.twiceChance = 0
      },
    })
    return true
  },
}
