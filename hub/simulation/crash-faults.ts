import { PROTOCOL, PROTOCOLS } from '#shared/wire/version.ts'
import { pickDevice, pickOpenDevice, type ApplyOperation } from './act.ts'
import type { Device } from './device.ts'
import type { OperationKind } from './operations.ts'
import type { World } from './world.ts'

type CrashFault = Extract<
  OperationKind,
  | 'kioskCrash'
  | 'kioskPowerCut'
  | 'kioskReboot'
  | 'suspend'
  | 'clockJump'
  | 'diskFull'
  | 'corruptCache'
  | 'cloneDisk'
  | 'oldProtocol'
  | 'hubCrash'
  | 'hubStop'
  | 'tornBatch'
  | 'databaseCut'
>

const YEAR_MS = 31_557_600_000
/** More devices than this are not cloned: each costs time at every step. */
const MOST_DEVICES = 14

/** What can happen to devices, to hubs, and to what hubs run on. */
export const CRASH_FAULTS: Record<CrashFault, ApplyOperation> = {
  kioskCrash: (world, { a, b, c }, index) => {
    const device = pickOpenDevice(world, a)
    if (device === undefined) return false
    world.counts.begin('kiosk crash between two effects')
    device.effectsLeft = 1 + (b % 14)
    restartLater(world, device, 'kiosk crash between two effects', index + 6 + (c % 30))
    return true
  },
  kioskPowerCut: (world, { a, c }, index) => {
    const device = pickOpenDevice(world, a)
    if (device === undefined) return false
    world.counts.begin('kiosk power cut')
    device.crash(true)
    restartLater(world, device, 'kiosk power cut', index + 3 + (c % 30))
    return true
  },
  kioskReboot: (world, { a, c }, index) => {
    const device = pickOpenDevice(world, a)
    if (device === undefined) return false
    world.counts.begin('kiosk reboot')
    device.engine?.stop()
    device.crash(false)
    device.boot()
    restartLater(world, device, 'kiosk reboot', index + 1 + (c % 10))
    return true
  },
  suspend: (world, { a, b, c }, index) => {
    const device = pickOpenDevice(world, a)
    if (device === undefined || device.way.isAsleep()) return false
    world.counts.begin('suspend')
    device.asleepUntilMs = world.time.nowMs + 5_000 + (b % 600_000)
    world.activeFaults.push({
      name: 'suspend',
      untilOperation: index + 5 + (c % 40),
      end: () => {
        device.asleepUntilMs = world.time.nowMs
      },
    })
    return true
  },
  clockJump: (world, { a, b, c }) => {
    const device = pickDevice(world, a)
    if (device === undefined) return false
    world.counts.fire('clock jump')
    device.wallErrorMs = c % 4 === 0 ? 0 : ((b % 41) - 20) * YEAR_MS + (c % 3_600_000)
    return true
  },
  diskFull: (world, { a, c }, index) => {
    const device = pickOpenDevice(world, a)
    if (device === undefined || device.isFull) return false
    world.counts.begin('disk full')
    device.setFull(true)
    world.activeFaults.push({
      name: 'disk full',
      untilOperation: index + 10 + (c % 40),
      end: () => device.setFull(false),
    })
    return true
  },
  corruptCache: (world, { a, b }) => {
    const device = pickOpenDevice(world, a)
    if (device === undefined) return false
    world.counts.fire('corrupt cache')
    device.crash(false)
    device.corruptCache(b)
    device.open()
    return true
  },
  cloneDisk: (world, { a }) => {
    const device = pickOpenDevice(world, a)
    if (device === undefined || world.devices.length >= MOST_DEVICES) return false
    world.counts.fire('disk cloned')
    device.crash(false)
    const name = `d${world.devices.length}`
    const clone = world.device(name, name, device.university)
    device.copyDisk(clone.folder)
    device.open()
    clone.open()
    return true
  },
  oldProtocol: (world, { a, c }, index) => {
    const device = pickOpenDevice(world, a)
    if (device === undefined || device.protocol !== PROTOCOL) return false
    world.counts.begin('protocol one version apart')
    device.crash(false)
    device.protocol = PROTOCOLS[1 + (c % (PROTOCOLS.length - 1))] ?? PROTOCOL
    device.open()
    world.activeFaults.push({
      name: 'protocol one version apart',
      untilOperation: index + 20 + (c % 60),
      end: () => {
        device.crash(false)
        device.protocol = PROTOCOL
        device.open()
      },
    })
    return true
  },
  hubCrash: (world, { a, b, c }, index) => {
    const hub = world.hubs[a % world.hubs.length]
    if (hub?.isRunning !== true) return false
    world.counts.begin('hub crash between two effects')
    hub.effectsLeft = 1 + (b % 40)
    restartHub(world, a, 'hub crash between two effects', index + 8 + (c % 25))
    return true
  },
  hubStop: async (world, { a, c }, index) => {
    const hub = world.hubs[a % world.hubs.length]
    if (hub?.isRunning !== true) return false
    world.counts.begin('hub stopped')
    const state = { isStopped: false }
    void hub.core?.stop().finally(() => {
      state.isStopped = true
    })
    for (let turn = 0; turn < 100 && !state.isStopped; turn += 1) await world.advance(100)
    hub.die(true)
    restartHub(world, a, 'hub stopped', index + 2 + (c % 20))
    return true
  },
  tornBatch: (world, { a, c }, index) => {
    const hub = world.hubs[a % world.hubs.length]
    if (hub?.isRunning !== true) return false
    world.counts.begin('torn batch: committed, nobody notified')
    hub.diesAfterCommit = true
    restartHub(world, a, 'torn batch: committed, nobody notified', index + 10 + (c % 20))
    return true
  },
  databaseCut: async (world, { a, b }) => {
    const hub = world.hubs[a % world.hubs.length]
    if (hub?.isRunning !== true) return false
    world.counts.fire('database connection cut')
    if (b % 5 === 0) await hub.dropConnections()
    else hub.breaksNext = { at: b % 2 === 0 ? 'before' : 'after', isCommit: b % 3 !== 0 }
    return true
  },
}

/** The device is dead at the latest then, and starts again. */
function restartLater(world: World, device: Device, name: string, untilOperation: number): void {
  world.activeFaults.push({
    name,
    untilOperation,
    end: () => {
      device.crash(false)
      if (!device.isLost) device.open()
    },
  })
}

/** The hub is dead at the latest then, and starts again. */
function restartHub(world: World, randomValue: number, name: string, untilOperation: number): void {
  world.activeFaults.push({
    name,
    untilOperation,
    end: () => {
      const hub = world.hubs[randomValue % world.hubs.length]
      hub?.die(true)
      hub?.start(world.databaseUrl())
    },
  })
}
