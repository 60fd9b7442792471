import { pickDevice, type ApplyOperation } from './act.ts'
import type { Device } from './device.ts'
import type { OperationKind } from './operations.ts'
import type { VirtualConnection } from './virtual-connection.ts'

type ConnectionFault = Extract<OperationKind, 'cut' | 'cutLate' | 'halfOpen' | 'partition' | 'slow' | 'twice'>

function lastConnection(device: Device | undefined): VirtualConnection | undefined {
  return [...(device?.connections ?? [])].findLast(
    (connection) => connection.isNearOpen && connection.isFarOpen,
  )
}

/** What can happen to a connection, and to the network under it. */
export const CONNECTION_FAULTS: Record<ConnectionFault, ApplyOperation> = {
  cut: (world, { a }) => {
    const connection = lastConnection(pickDevice(world, a))
    if (connection === undefined) return false
    world.counts.fire('connection cut, frames in flight lost')
    connection.cut()
    return true
  },
  cutLate: (world, { a, b }) => {
    const connection = lastConnection(pickDevice(world, a))
    if (connection === undefined) return false
    world.counts.fire('connection cut, frames in flight late')
    connection.cutLate(2_000 + (b % 20_000))
    return true
  },
  halfOpen: (world, { a }) => {
    const connection = lastConnection(pickDevice(world, a))
    if (connection === undefined) return false
    world.counts.fire('half-open connection')
    connection.silence()
    return true
  },
  partition: (world, { a, c }, index) => {
    const device = pickDevice(world, a)
    if (device === undefined || device.way.isPartitioned) return false
    world.counts.begin('partition')
    device.way.isPartitioned = true
    // A connection that lost a message is lost: TCP never goes on after a gap.
    for (const connection of device.connections) connection.silence()
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
    world.counts.begin('slow connection')
    device.way.delayMs = 100 + (b % 3_000)
    world.activeFaults.push({
      name: 'slow connection',
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
