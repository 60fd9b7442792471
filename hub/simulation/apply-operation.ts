import type { Level } from '#shared/domain/occupancy.ts'
import { CRASH_FAULTS } from './crash-faults.ts'
import type { Device } from './device.ts'
import { CONNECTION_FAULTS } from './connection-faults.ts'
import { pickDevice, type ApplyOperation } from './act.ts'
import type { Operation, OperationKind } from './operations.ts'
import { noticeMadeSpaces, PEOPLE_ACTS } from './people-acts.ts'
import { STAFF_ACTS } from './staff-acts.ts'
import type { LedgerTap, PickedSpace, World } from './world.ts'

const ACTS: Record<OperationKind, ApplyOperation> = {
  tap: (world, operation) => tap(world, operation),
  withdraw: (world, operation) => withdraw(world, operation),
  wait: (world, { a }) => {
    world.counts.fire('wait')
    return world.advance(a % 12 === 0 ? 20_000 + (a % 50_000) : a % 3_000).then(() => true)
  },
  ...CONNECTION_FAULTS,
  ...CRASH_FAULTS,
  ...STAFF_ACTS,
  ...PEOPLE_ACTS,
}

/** Does one operation, then lets a little time pass, and checks what must hold at every moment. */
export async function applyOperation(world: World, operation: Operation, index: number): Promise<void> {
  for (const fault of world.activeFaults.filter(({ untilOperation }) => untilOperation <= index))
    await endFault(world, fault)
  await noticeMadeSpaces(world)
  world.counts.operation()
  const isDone = await ACTS[operation.kind](world, operation, index)
  world.note(`#${index}`, `${operation.kind} ${String(isDone)}`)
  await world.settle()
  await world.advance(operation.c % 20 === 0 ? operation.b % 1_000 : operation.b % 8)
}

/** Ends one fault and removes it from the list. */
export async function endFault(world: World, fault: World['activeFaults'][number]): Promise<void> {
  world.activeFaults = world.activeFaults.filter((one) => one !== fault)
  world.counts.end(fault.name)
  await fault.end()
  await world.settle()
}

async function tap(world: World, { a, b, c }: Operation): Promise<boolean> {
  const device = pickDevice(world, a)
  const space = device && pickSpace(world, device, b)
  if (device === undefined || space === undefined || !device.isOpen) return false
  const level = (c % 3) as Level
  const next = device.nextMutation()
  const answer = await call<{ mutationId: number }>(device, 'reportOccupancy', { spaceId: space.id, level })
  const shape = { kind: 'report' as const, spaceId: space.id, level, targetId: 0 }
  keep(world, device, next, answer, shape)
  if (answer?.ok === true) checkOwnScreen(world, device, space.id, level)
  return answer?.ok === true
}

async function withdraw(world: World, { a, b }: Operation): Promise<boolean> {
  const device = pickDevice(world, a)
  if (device === undefined || !device.isOpen) return false
  const next = device.nextMutation()
  // A tap during which the device died may have left its number to another one.
  const own = world.ledger.filter(
    (entry) =>
      entry.device === device && entry.kioskId === next.kioskId && entry.kind === 'report' && !entry.isMaybe,
  )
  const target = own[own.length - 1 - (b % 3)]
  if (target === undefined) return false
  const answer = await call<{ mutationId: number }>(device, 'withdrawReport', {
    mutationId: target.mutationId,
  })
  const shape = {
    kind: 'withdraw' as const,
    spaceId: target.spaceId,
    level: 0,
    targetId: target.mutationId,
  }
  keep(world, device, next, answer, shape)
  return answer?.ok === true
}

/** A call of the engine API. Undefined: the process died in the middle of it. */
async function call<Value>(
  device: Device,
  name: string,
  input: unknown,
): Promise<{ ok: true; value: Value } | { ok: false } | undefined> {
  const { engine } = device
  const answer = await engine?.call(name, input)
  return device.isDying ? undefined : (answer as { ok: true; value: Value } | { ok: false } | undefined)
}

/** Writes a tap into the ledger: surely when it was shown as saved, perhaps when the device died before it could say. */
function keep(
  world: World,
  device: Device,
  next: { kioskId: number; mutationId: number },
  answer: { ok: true; value: { mutationId: number } } | { ok: false } | undefined,
  shape: Pick<LedgerTap, 'kind' | 'spaceId' | 'level' | 'targetId'>,
): void {
  if (answer?.ok === false) return
  // An equal tap is merged with an older one, which may have been made under an earlier identity.
  const origin = answer === undefined ? next : device.originOf(answer.value.mutationId)
  const { kioskId, mutationId } = origin
  const entry: LedgerTap = {
    ...shape,
    kioskId,
    mutationId,
    device,
    tappedAtMs: world.nowMs(),
    contactMs: device.link?.lastContactMs ?? 0,
    isMaybe: answer === undefined,
  }
  const known = world.ledger.findLast(
    (one) =>
      one.device === device &&
      one.kioskId === kioskId &&
      one.mutationId === mutationId &&
      one.kind === entry.kind &&
      one.level === entry.level &&
      one.spaceId === entry.spaceId,
  )
  if (known === undefined) world.ledger.push(entry)
  else known.isMaybe &&= entry.isMaybe
}

/** A tap that was shown as saved is on the own screen at once, unless a newer report of another kiosk is known. [SYN-19] */
function checkOwnScreen(world: World, device: Device, spaceId: number, level: number): void {
  const view = device.screen.get(spaceId)
  if (view === undefined || view.level === level) return
  world.note('BROKEN', `${device.name} ${spaceId} ${JSON.stringify(view)}`)
  world.broken.push(
    `${device.name}: tapped ${level} on space ${spaceId}, its screen says ${String(view.level)}`,
  )
}

function pickSpace(world: World, device: Device, randomValue: number): PickedSpace | undefined {
  const { spaces } = world.campuses[device.university] ?? { spaces: [] }
  const way = randomValue % 100
  if (way < 6) return spaces[(randomValue >> 7) % spaces.length]
  const leaves = spaces.filter((space) => space.isLeaf && !space.isDeleted)
  // Half of all taps meet on one room.
  return way < 50 ? leaves[0] : leaves[(randomValue >> 7) % leaves.length]
}
