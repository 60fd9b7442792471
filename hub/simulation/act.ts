import type { Device } from './device.ts'
import type { Operation } from './operations.ts'
import type { World } from './world.ts'

/** What an operation does to the world. False when there was nothing to do it to. */
export type ApplyOperation = (world: World, operation: Operation, index: number) => boolean | Promise<boolean>

/** A device that has a future: not destroyed, not revoked. */
export function pickDevice(world: World, randomValue: number): Device | undefined {
  const living = world.devices.filter((device) => !device.isLost)
  return living[randomValue % Math.max(1, living.length)]
}

/** The same, of those whose engine runs. */
export function pickOpenDevice(world: World, randomValue: number): Device | undefined {
  const device = pickDevice(world, randomValue)
  return device?.isOpen === true && !device.isDying ? device : undefined
}
