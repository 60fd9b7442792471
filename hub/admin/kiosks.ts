import { pathsOfSpaces } from '#shared/domain/space-tree-diff.ts'
import { faultOfText, normaliseName, pathText, quoted } from '#shared/domain/space-tree.ts'
import { accept, type Decision } from '#shared/domain/decision.ts'
import { MAX_KIOSK_NAME_LENGTH } from '#shared/domain/kiosk.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { query, type Transaction } from '../platform/postgres/database.ts'
import {
  loadAdminKiosk,
  loadAdminKiosks,
  markKioskRevoked,
  updateKioskName,
  updateKioskPlace,
  type AdminKiosk,
} from '../kiosks/kiosk-rows.ts'
import { loadLiveForks } from '../kiosks/fork-rows.ts'
import { loadSpaces } from '../spaces/space-rows.ts'
import { commitUnderClock } from '../platform/writer/commit-under-clock.ts'
import {
  answer,
  refusal,
  type AdminCommand,
  type AdminInput,
  type AdminRefusal,
  type AdminWorld,
} from './answer.ts'
import { pickKiosk, pickPlace, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { formatAge, formatTable } from './table.ts'
import type { University } from '../universities/university-rows.ts'

const KIOSK_HELP = '  KIOSK            its number, or its name'

/** `kiosk list`. */
export const kioskList: AdminCommand = {
  name: 'kiosk list',
  usage: '[--university D]',
  summary: 'shows kiosks: place, what waits on them, clock offset, version, key grade, last seen',
  options: UNIVERSITY_OPTION,
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id } = university.value
    const kiosks = await loadAdminKiosks(world.pool, id)
    const paths = pathsOfSpaces(await loadSpaces(world.pool, id))
    const [now] = await query<{ ms: number }>(world.pool, 'select ms_of_time(now()) as ms')
    const nowMs = now?.ms ?? 0
    const placed = kiosks.map((kiosk) => {
      const path = paths.get(kiosk.spaceId)
      return { ...kiosk, space: path === undefined ? null : pathText(path) }
    })
    const rows = placed.map((kiosk) => [
      kiosk.id,
      kiosk.name,
      kiosk.role,
      kiosk.space === null ? '(space is gone)' : kiosk.space || '/',
      kiosk.outboxDepth ?? '-',
      kiosk.clockOffsetMs === null ? '-' : `${(kiosk.clockOffsetMs / 1000).toFixed(1)} s`,
      kiosk.appVersion ?? '-',
      kiosk.keyGrade,
      formatAge(nowMs, kiosk.lastSeenAtMs),
      kiosk.revokedAtMs === null ? '' : 'revoked',
    ])
    const columns = ['id', 'name', 'role', 'space', 'waiting', 'clock', 'version', 'key', 'seen', '']
    return answer(formatTable(columns, rows), { universityId: id, nowMs, kiosks: placed })
  },
}

/** Picks university and kiosk, refuses a revoked one, and runs a change on it as a commit of the university's order; what is so already is no change. [AUD-5] */
async function change(
  world: AdminWorld,
  input: AdminInput,
  subject: string,
  log: (kiosk: AdminKiosk) => Record<string, unknown>,
  run: (client: Transaction, university: University, kiosk: AdminKiosk) => Promise<void>,
  isSo: (kiosk: AdminKiosk) => boolean = () => false,
): Promise<Decision<AdminKiosk, AdminRefusal>> {
  const university = await pickUniversity(world, input)
  if (!university.ok) return university
  const kiosk = await pickKiosk(world, university.value, input.words[0] ?? '')
  if (!kiosk.ok) return kiosk
  const { id, name, revokedAtMs } = kiosk.value
  if (revokedAtMs !== null) return revokedAlready(id, name)
  // Looked at again under the lock: two who revoke at once must not both be told that they did it.
  return commitUnderClock(world.pool, university.value.id, async (client) => {
    const current = await loadAdminKiosk(client, university.value.id, id)
    if (current === null || current.revokedAtMs !== null) return revokedAlready(id, name)
    if (isSo(current)) return accept(current)
    await run(client, university.value, current)
    await appendChange(client, {
      universityId: university.value.id,
      actor: 'cli',
      service: 'kiosks',
      subject,
      log: { kioskId: id, ...log(current) },
    })
    return accept(current)
  })
}

function revokedAlready(id: number, name: string): { ok: false; refusal: AdminRefusal } {
  return refusal(`Kiosk ${id} ${quoted(name)} is revoked already.`)
}

/** `kiosk move`. */
export const kioskMove: AdminCommand = {
  name: 'kiosk move',
  usage: '[--university D] KIOSK --space PATH [--role door|entrance]',
  summary: 'puts a kiosk at another space; it learns of it at once',
  help: KIOSK_HELP,
  options: { ...UNIVERSITY_OPTION, space: { type: 'string' }, role: { type: 'string' } },
  required: ['space'],
  words: [1, 1],
  run: async (world, input) => {
    const picked = await pickPlace(world, input)
    if (!picked.ok) return picked
    const { space, path, role } = picked.value
    const moved = await change(
      world,
      input,
      'move',
      (kiosk) => ({ fromSpaceId: kiosk.spaceId, toSpaceId: space.id, role: role ?? kiosk.role }),
      (client, { id }, kiosk) => updateKioskPlace(client, id, kiosk.id, { spaceId: space.id, role }),
      (kiosk) => kiosk.spaceId === space.id && (role ?? kiosk.role) === kiosk.role,
    )
    if (!moved.ok) return moved
    return answer(
      `Kiosk ${moved.value.id} ${quoted(moved.value.name)} stands at ${quoted(path || '/')} now.`,
      {
        kioskId: moved.value.id,
        spaceId: space.id,
        space: path,
        role: role ?? moved.value.role,
      },
    )
  },
}

/** `kiosk rename`. */
export const kioskRename: AdminCommand = {
  name: 'kiosk rename',
  usage: '[--university D] KIOSK NAME',
  summary: 'gives a kiosk another name',
  help: KIOSK_HELP,
  options: UNIVERSITY_OPTION,
  words: [2, 2],
  run: async (world, input) => {
    const typed = input.words[1] ?? ''
    const name = normaliseName(typed)
    const wrong = name === '' ? 'it is empty' : faultOfText(typed, MAX_KIOSK_NAME_LENGTH)
    if (wrong !== null) return refusal(`The name ${quoted(typed)} cannot be used: ${wrong}.`)
    const renamed = await change(
      world,
      input,
      'rename',
      (kiosk) => ({ from: kiosk.name, to: name }),
      (client, { id }, kiosk) => updateKioskName(client, id, kiosk.id, name),
      (kiosk) => kiosk.name === name,
    )
    if (!renamed.ok) return renamed
    return answer(`Kiosk ${renamed.value.id} is called ${quoted(name)} now.`, {
      kioskId: renamed.value.id,
      name,
    })
  },
}

/** `kiosk revoke`. [SYN-28] */
export const kioskRevoke: AdminCommand = {
  name: 'kiosk revoke',
  usage: '[--university D] KIOSK',
  summary: "ends a kiosk's right to be heard, within 5 s; what still waits on it stays there",
  help: KIOSK_HELP,
  options: UNIVERSITY_OPTION,
  words: [1, 1],
  run: async (world, input) => {
    const revoked = await change(
      world,
      input,
      'revoke',
      (kiosk) => ({ name: kiosk.name, spaceId: kiosk.spaceId, outboxDepth: kiosk.outboxDepth }),
      (client, { id }, kiosk) => markKioskRevoked(client, id, kiosk.id),
    )
    if (!revoked.ok) return revoked
    const { id, name, outboxDepth } = revoked.value
    const lost =
      outboxDepth === null || outboxDepth === 0 ? '' : ` ${outboxDepth} taps wait on it and stay there.`
    const forkIds = await loadLiveForks(world.pool, id)
    const heirs =
      forkIds.length === 0
        ? ''
        : ` Devices that forked from it are still heard: ${forkIds.join(', ')}; was its key stolen, revoke them too.`
    return answer(`Kiosk ${id} ${quoted(name)} is revoked.${lost}${heirs}`, {
      kioskId: id,
      name,
      outboxDepth,
      forkIds,
    })
  },
}
