import { pathsOfSpaces } from '#shared/domain/space-tree-diff.ts'
import { pathText, quoted } from '#shared/domain/space-tree.ts'
import { accept, type Decision } from '#shared/domain/decision.ts'
import { query } from '../platform/postgres/database.ts'
import { loadAdminKiosks, type AdminKiosk } from '../kiosks/kiosk-rows.ts'
import { loadLiveForks } from '../kiosks/fork-rows.ts'
import { loadSpaces } from '../spaces/space-rows.ts'
import type { University } from '../universities/university-rows.ts'
import { answer, type AdminCommand, type AdminInput, type AdminRefusal, type AdminWorld } from './answer.ts'
import { pickKiosk, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { formatAge, type Table } from './table.ts'
import { makeTimes } from './times.ts'

/** A kiosk with the path of its space; null: the space was deleted. */
type PlacedKiosk = AdminKiosk & { space: string | null }

interface Placed {
  university: University
  nowMs: number
  kiosks: PlacedKiosk[]
}

async function loadPlaced(world: AdminWorld, input: AdminInput): Promise<Decision<Placed, AdminRefusal>> {
  const university = await pickUniversity(world, input)
  if (!university.ok) return university
  const { id } = university.value
  const kiosks = await loadAdminKiosks(world.pool, id)
  const paths = pathsOfSpaces(await loadSpaces(world.pool, id))
  const [now] = await query<{ ms: number }>(world.pool, 'select ms_of_time(now()) as ms')
  const placed = kiosks.map((kiosk) => {
    const path = paths.get(kiosk.spaceId)
    return { ...kiosk, space: path === undefined ? null : pathText(path) }
  })
  return accept({ university: university.value, nowMs: now?.ms ?? 0, kiosks: placed })
}

function tableOf(kiosks: readonly PlacedKiosk[], nowMs: number): Table {
  return {
    columns: ['id', 'name', 'role', 'space', 'waiting', 'clock', 'version', 'key', 'seen', ''],
    rows: kiosks.map((kiosk) => [
      kiosk.id,
      kiosk.name,
      kiosk.role,
      spaceOf(kiosk),
      kiosk.outboxDepth ?? '-',
      clockOf(kiosk),
      kiosk.appVersion ?? '-',
      kiosk.keyGrade,
      formatAge(nowMs, kiosk.lastSeenAtMs),
      stateOf(kiosk),
    ]),
  }
}

function spaceOf({ space }: PlacedKiosk): string {
  return space === null ? '(space was deleted)' : space || '/'
}

function clockOf({ clockOffsetMs }: AdminKiosk): string {
  if (clockOffsetMs === null) return '-'
  const tenths = Math.round(clockOffsetMs / 100)
  // Zero has no sign for people.
  return `${(tenths === 0 ? 0 : tenths / 10).toFixed(1)} s`
}

function stateOf({ revokedAtMs, silencedAtMs }: AdminKiosk): string {
  if (revokedAtMs !== null) return 'switched off'
  return silencedAtMs === null ? '' : 'muted'
}

/** `kiosk list`. */
export const kioskList: AdminCommand = {
  name: 'kiosk list',
  usage: '[--university D] [--all]',
  summary: 'lists kiosks: space, reports waiting to send, clock offset, version, key storage, last seen',
  help: '  --all            also those that are switched off',
  example: 'kiosk list --university example.edu',
  options: { ...UNIVERSITY_OPTION, all: { type: 'boolean' } },
  run: async (world, input) => {
    const placed = await loadPlaced(world, input)
    if (!placed.ok) return placed
    const { university, nowMs, kiosks } = placed.value
    // Scripts get all, as ever, with what they are.
    const facts = { universityId: university.id, nowMs, kiosks }
    const shown = input.isSet('all') ? kiosks : kiosks.filter(({ revokedAtMs }) => revokedAtMs === null)
    const offCount = kiosks.length - shown.length
    const more =
      offCount === 0 ? [] : [`${offCount} switched off; --all shows ${offCount === 1 ? 'it' : 'them'} too.`]
    if (shown.length === 0) {
      const none = `There are no kiosks at ${university.name} yet. "kiosk code --space PATH" creates the code with which a device becomes one.`
      return answer([none, ...more], facts)
    }
    return answer([tableOf(shown, nowMs), ...more], facts)
  },
}

/** `kiosk find`. */
export const kioskFind: AdminCommand = {
  name: 'kiosk find',
  aliases: ['kiosk search'],
  usage: '[--university D] TEXT',
  summary: 'finds kiosks by a part of their name or space',
  help: '  TEXT             one or several words, in any case; all of them must be found',
  example: 'kiosk find "floor 2"',
  options: UNIVERSITY_OPTION,
  words: [1, 20],
  run: async (world, input) => {
    const placed = await loadPlaced(world, input)
    if (!placed.ok) return placed
    const { university, nowMs, kiosks } = placed.value
    const text = input.words.join(' ')
    const words = text.normalize('NFC').toLowerCase().split(/\s+/)
    const found = kiosks.filter(({ name, space }) => {
      const looked = `${name} ${space ?? ''}`.toLowerCase()
      return words.every((word) => looked.includes(word))
    })
    const facts = { universityId: university.id, nowMs, kiosks: found }
    return found.length === 0
      ? answer(`No kiosk at ${university.name} matches ${quoted(text)}. "kiosk list" shows all.`, facts)
      : answer(tableOf(found, nowMs), facts)
  },
}

/** `kiosk show`. */
export const kioskShow: AdminCommand = {
  name: 'kiosk show',
  usage: '[--university D] KIOSK',
  summary: 'shows one kiosk: space, role, version, reports waiting to send',
  help: '  KIOSK            its number, or its name',
  example: 'kiosk show "door 101"',
  options: UNIVERSITY_OPTION,
  words: [1, 1],
  run: async (world, input) => {
    const placed = await loadPlaced(world, input)
    if (!placed.ok) return placed
    const { university, kiosks, nowMs } = placed.value
    const picked = await pickKiosk(world, university, input.words[0] ?? '')
    if (!picked.ok) return picked
    const kiosk = { space: null, ...picked.value, ...kiosks.find(({ id }) => id === picked.value.id) }
    const forkIds = await loadLiveForks(world.pool, kiosk.id)
    const times = makeTimes(university.timezone)
    const at = (ms: number | null, never: string): string => (ms === null ? never : times.minute(ms))
    const seen = kiosk.lastSeenAtMs
    const rows: [string, string | number][] = [
      ['name', kiosk.name],
      ['number', String(kiosk.id)],
      ['university', university.name],
      ['space', spaceOf(kiosk)],
      ['role', kiosk.role],
      ['reports', kiosk.silencedAtMs === null ? 'count' : `muted since ${at(kiosk.silencedAtMs, '')}`],
      ['last seen', seen === null ? 'never' : `${at(seen, '')}, ${formatAge(nowMs, seen)} ago`],
      ['waiting', kiosk.outboxDepth === null ? 'unknown' : `${kiosk.outboxDepth} reports`],
      ['clock', clockOf(kiosk)],
      ['version', kiosk.appVersion ?? 'unknown'],
      ['key', kiosk.keyGrade],
      ...(kiosk.forkedFromId === null
        ? []
        : [['copied from', `kiosk ${kiosk.forkedFromId}`] satisfies [string, string]]),
      ...(forkIds.length === 0 ? [] : [['copies', forkIds.join(', ')] satisfies [string, string]]),
      ...(kiosk.revokedAtMs === null
        ? []
        : [['switched off', at(kiosk.revokedAtMs, '')] satisfies [string, string]]),
    ]
    return answer([{ columns: null, rows }, `Times are in ${times.zone}.`], {
      nowMs,
      ...kiosk,
      forkIds,
    })
  },
}
