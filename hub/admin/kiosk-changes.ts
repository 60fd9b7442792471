import { pathsOfSpaces } from '#shared/domain/space-tree-diff.ts'
import { faultOfText, normaliseName, pathText, quoted } from '#shared/domain/space-tree.ts'
import { accept, type Decision } from '#shared/domain/decision.ts'
import { MAX_KIOSK_NAME_LENGTH, type KioskRole } from '#shared/domain/kiosk.ts'
import type { Transaction } from '../platform/postgres/database.ts'
import {
  loadAdminKiosk,
  markKioskRevoked,
  updateKioskName,
  updateKioskAssignment,
  type AdminKiosk,
} from '../kiosks/kiosk-rows.ts'
import { updateSilenced } from '../kiosks/kiosk-rows.ts'
import { loadLiveForks } from '../kiosks/fork-rows.ts'
import { loadSpaces } from '../spaces/space-rows.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import { commitAloneAndNotify } from '../platform/writer/commit-alone.ts'
import type { Moment } from '../platform/writer/fact-set.ts'
import type { University } from '../universities/university-rows.ts'
import {
  answer,
  refusal,
  usageRefusal,
  type AdminCommand,
  type AdminInput,
  type AdminRefusal,
  type AdminWorld,
  type Run,
} from './answer.ts'
import { confirm, YES_OPTION } from './confirm.ts'
import { parseRole, pickKiosk, pickAssignment, pickSpace, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'

const KIOSK_HELP = '  KIOSK            its number, or its name'
const ASSIGNMENT_HELP = `  --space PATH     the space that it is assigned to, such as "Library/Floor 1/Room 101"; "/" is the university's own
  --role R         door (shows one room) or entrance (shows all that is in the space); without it as it is`

/** One thing that is done to a kiosk, and what is written down of it. */
interface KioskAct {
  subject: string
  log(kiosk: AdminKiosk): Record<string, unknown>
  run(client: Transaction, universityId: number, kiosk: AdminKiosk, moment: Moment): Promise<void>
  /** It is so already: then it is no change. [AUD-5] */
  isUnchanged?(kiosk: AdminKiosk): boolean
  /** Kiosks hold nothing of it: the university's clock stays. */
  isHubOnly?: boolean
}

interface Picked {
  university: University
  kiosk: AdminKiosk
}

/** The kiosk that the first word names; a revoked one is refused. */
async function pickLive(world: AdminWorld, input: AdminInput): Promise<Decision<Picked, AdminRefusal>> {
  const university = await pickUniversity(world, input)
  if (!university.ok) return university
  const kiosk = await pickKiosk(world, university.value, input.words[0] ?? '')
  if (!kiosk.ok) return kiosk
  if (kiosk.value.revokedAtMs !== null) return alreadyRevoked(kiosk.value)
  return accept({ university: university.value, kiosk: kiosk.value })
}

/** Acts on a kiosk as one commit of the university's order; gives it as it was before, and the acts that changed something. */
const kioskActsCommand: AloneCommand<
  { kiosk: AdminKiosk; acts: readonly KioskAct[] },
  AdminKiosk | null,
  { before: AdminKiosk; changing: KioskAct[] },
  { before: AdminKiosk; done: string[] },
  AdminRefusal
> = {
  name: 'change a kiosk',
  actor: 'staff',
  // Looked at again under the lock: two who revoke at once must not both get the answer that they did it.
  load: (client, { universityId }, { kiosk }) => loadAdminKiosk(client, universityId, kiosk.id),
  decide: ({ kiosk, acts }, before) => {
    if (before === null || before.revokedAtMs !== null) return alreadyRevoked(kiosk)
    return accept({ before, changing: acts.filter((act) => act.isUnchanged?.(before) !== true) })
  },
  write: async (client, moment, { before, changing }, effects) => {
    const { universityId } = moment
    for (const act of changing) {
      await act.run(client, universityId, before, moment)
      if (act.isHubOnly !== true) effects.step()
      effects.log.push({
        universityId,
        actor: 'cli',
        service: 'kiosks',
        subject: act.subject,
        log: { kioskId: before.id, ...act.log(before) },
      })
    }
    return { before, done: changing.map(({ subject }) => subject) }
  },
}

function change(
  world: AdminWorld,
  { university, kiosk }: Picked,
  acts: readonly KioskAct[],
): Promise<Decision<{ before: AdminKiosk; done: string[] }, AdminRefusal>> {
  return commitAloneAndNotify(world.pool, university.id, kioskActsCommand, { kiosk, acts })
}

function alreadyRevoked({ id, name }: AdminKiosk): { ok: false; refusal: AdminRefusal } {
  return refusal(
    `Kiosk ${id} ${quoted(name)} is switched off. Create a new code for the device: "kiosk code".`,
  )
}

function assignmentAct(to: { spaceId: number | null; role: KioskRole | null }): KioskAct {
  const spaceOf = (kiosk: AdminKiosk): number => to.spaceId ?? kiosk.spaceId
  const roleOf = (kiosk: AdminKiosk): KioskRole => to.role ?? kiosk.role
  return {
    subject: 'move',
    log: (kiosk) => ({
      fromSpaceId: kiosk.spaceId,
      toSpaceId: spaceOf(kiosk),
      fromRole: kiosk.role,
      role: roleOf(kiosk),
    }),
    run: (client, universityId, kiosk) =>
      updateKioskAssignment(client, universityId, kiosk.id, { spaceId: spaceOf(kiosk), role: to.role }),
    isUnchanged: (kiosk) => kiosk.spaceId === spaceOf(kiosk) && roleOf(kiosk) === kiosk.role,
  }
}

function nameAct(name: string): KioskAct {
  return {
    subject: 'rename',
    log: (kiosk) => ({ from: kiosk.name, to: name }),
    run: (client, universityId, kiosk) => updateKioskName(client, universityId, kiosk.id, name),
    isUnchanged: (kiosk) => kiosk.name === name,
  }
}

/** What it has reported before stays as it is. [CON-4] */
function muteAct(isMuted: boolean): KioskAct {
  return {
    subject: isMuted ? 'silence' : 'unsilence',
    log: ({ name }) => ({ name }),
    run: (client, _universityId, kiosk, { nowMs }) =>
      updateSilenced(client, kiosk.id, isMuted ? nowMs : null),
    isUnchanged: ({ silencedAtMs }) => (silencedAtMs !== null) === isMuted,
    isHubOnly: true,
  }
}

function readName(typed: string): Decision<string, AdminRefusal> {
  const name = normaliseName(typed)
  const wrong = name === '' ? 'it is empty' : faultOfText(typed, MAX_KIOSK_NAME_LENGTH)
  return wrong === null ? accept(name) : refusal(`The name ${quoted(typed)} was not accepted: ${wrong}.`)
}

/** `kiosk edit`. */
export const kioskEdit: AdminCommand = {
  name: 'kiosk edit',
  usage: '[--university D] KIOSK [--name N] [--space PATH] [--role door|entrance]',
  summary: "changes a kiosk's name, space or role; it follows at once",
  help: `${KIOSK_HELP}
  --name N         what it is called
${ASSIGNMENT_HELP}`,
  example: 'kiosk edit 7 --name "door 102" --space "Library/Floor 1/Room 102"',
  options: {
    ...UNIVERSITY_OPTION,
    name: { type: 'string' },
    space: { type: 'string' },
    role: { type: 'string' },
  },
  words: [1, 1],
  run: async (world, input) => {
    const picked = await pickLive(world, input)
    if (!picked.ok) return picked
    const { university, kiosk } = picked.value
    const typed = { name: input.text('name'), space: input.text('space'), role: input.text('role') }
    if (Object.values(typed).every((one) => one === undefined))
      return usageRefusal('Add what to change: --name, --space or --role.')
    const name = typed.name === undefined ? accept(kiosk.name) : readName(typed.name)
    if (!name.ok) return name
    const target = typed.space === undefined ? null : await pickSpace(world, university, typed.space)
    if (target !== null && !target.ok) return target
    const role = parseRole(typed.role)
    if (!role.ok) return role
    const spaceId = target?.value.space.id ?? null
    const acts = [nameAct(name.value), assignmentAct({ spaceId, role: role.value })]
    const done = await change(world, picked.value, acts)
    if (!done.ok) return done
    const words: Record<string, string> = { rename: 'name', move: 'space or role' }
    const changed = done.value.done.map((subject) => words[subject] ?? subject)
    const path = target?.value.path ?? (await pathOfSpace(world, university.id, kiosk.spaceId))
    const now = `It is ${quoted(name.value)}, ${role.value ?? kiosk.role} of ${path === null ? 'a space that was deleted' : quoted(path || '/')}.`
    return answer(
      changed.length === 0
        ? `Nothing to change for kiosk ${kiosk.id}. ${now}`
        : `Changed for kiosk ${kiosk.id}: ${changed.join(', ')}. ${now}`,
      {
        kioskId: kiosk.id,
        name: name.value,
        spaceId: spaceId ?? kiosk.spaceId,
        role: role.value ?? kiosk.role,
        changed: done.value.done,
      },
    )
  },
}

async function pathOfSpace(
  { pool }: AdminWorld,
  universityId: number,
  spaceId: number,
): Promise<string | null> {
  const path = pathsOfSpaces(await loadSpaces(pool, universityId)).get(spaceId)
  return path === undefined ? null : pathText(path)
}

/** `kiosk move`. */
export const kioskMove: AdminCommand = {
  name: 'kiosk move',
  usage: '[--university D] KIOSK --space PATH [--role door|entrance]',
  summary: 'assigns a kiosk to another space; it follows at once',
  help: `${KIOSK_HELP}
${ASSIGNMENT_HELP}`,
  example: 'kiosk move 7 --space "Library/Floor 1/Room 102"',
  options: { ...UNIVERSITY_OPTION, space: { type: 'string' }, role: { type: 'string' } },
  required: ['space'],
  words: [1, 1],
  run: async (world, input) => {
    const assignment = await pickAssignment(world, input)
    if (!assignment.ok) return assignment
    const picked = await pickLive(world, input)
    if (!picked.ok) return picked
    const { space, path, role } = assignment.value
    const moved = await change(world, picked.value, [assignmentAct({ spaceId: space.id, role })])
    if (!moved.ok) return moved
    const { before } = moved.value
    return answer(`Kiosk ${before.id} ${quoted(before.name)} is now assigned to ${quoted(path || '/')}.`, {
      kioskId: before.id,
      spaceId: space.id,
      space: path,
      role: role ?? before.role,
    })
  },
}

/** `kiosk rename`. */
export const kioskRename: AdminCommand = {
  name: 'kiosk rename',
  usage: '[--university D] KIOSK NAME',
  summary: 'gives a kiosk another name',
  help: KIOSK_HELP,
  example: 'kiosk rename 7 "door 102"',
  options: UNIVERSITY_OPTION,
  words: [2, 2],
  run: async (world, input) => {
    const name = readName(input.words[1] ?? '')
    if (!name.ok) return name
    const picked = await pickLive(world, input)
    if (!picked.ok) return picked
    const renamed = await change(world, picked.value, [nameAct(name.value)])
    if (!renamed.ok) return renamed
    const { id } = renamed.value.before
    return answer(`Kiosk ${id} is now called ${quoted(name.value)}.`, { kioskId: id, name: name.value })
  },
}

function muting(isMuted: boolean): Run {
  return async (world, input) => {
    const picked = await pickLive(world, input)
    if (!picked.ok) return picked
    const done = await change(world, picked.value, [muteAct(isMuted)])
    if (!done.ok) return done
    const { id, name } = done.value.before
    const isNew = done.value.done.length > 0
    const state = isMuted
      ? isNew
        ? 'is now muted'
        : 'was already muted'
      : isNew
        ? 'is no longer muted'
        : 'was not muted'
    return answer(`Kiosk ${id} ${quoted(name)} ${state}.`, {
      kioskId: id,
      name,
      isMuted,
    })
  }
}

/** `kiosk mute`. [CON-4] */
export const kioskMute: AdminCommand = {
  name: 'kiosk mute',
  usage: '[--university D] KIOSK',
  summary: 'mutes a kiosk: its further reports do not count, for example when someone plays with it',
  help: `${KIOSK_HELP}\n\nIts earlier reports stay. After "kiosk unmute" its reports count again.`,
  example: 'kiosk mute "door 101"',
  options: UNIVERSITY_OPTION,
  words: [1, 1],
  run: muting(true),
}

/** `kiosk unmute`. [CON-4] */
export const kioskUnmute: AdminCommand = {
  name: 'kiosk unmute',
  usage: '[--university D] KIOSK',
  summary: 'unmutes a kiosk: its reports count again',
  help: KIOSK_HELP,
  example: 'kiosk unmute "door 101"',
  options: UNIVERSITY_OPTION,
  words: [1, 1],
  run: muting(false),
}

/** `kiosk switch-off`. [SYN-28] [IMP-16] */
export const kioskRevoke: AdminCommand = {
  name: 'kiosk switch-off',
  aliases: ['kiosk revoke', 'kiosk remove', 'kiosk delete'],
  usage: '[--university D] KIOSK [--yes]',
  summary: 'switches a kiosk off for good, within 5 s; reports waiting to send stay on it',
  help: `${KIOSK_HELP}\n\nThe device needs a new code to become a kiosk again: "kiosk code", or "kiosk replace" before it is switched off.`,
  example: 'kiosk switch-off "door 101"',
  options: { ...UNIVERSITY_OPTION, ...YES_OPTION },
  words: [1, 1],
  run: async (world, input) => {
    const picked = await pickLive(world, input)
    if (!picked.ok) return picked
    const { kiosk } = picked.value
    const confirmed = await confirm(input, {
      about: `Kiosk ${kiosk.id} ${quoted(kiosk.name)} of ${picked.value.university.name} will be switched off for good: it needs a new code to become a kiosk again.${waitingOn(kiosk)}`,
      word: kiosk.name,
    })
    if (!confirmed.ok) return confirmed
    const revoked = await change(world, picked.value, [
      {
        subject: 'revoke',
        log: ({ name, spaceId, outboxDepth }) => ({ name, spaceId, outboxDepth }),
        run: (client, universityId, { id }) => markKioskRevoked(client, universityId, id),
      },
    ])
    if (!revoked.ok) return revoked
    const { id, name, outboxDepth } = revoked.value.before
    const forkIds = await loadLiveForks(world.pool, id)
    const heirs =
      forkIds.length === 0
        ? ''
        : ` Copies of it still count: ${forkIds.join(', ')}. If its key was stolen, switch them off too.`
    return answer(`Kiosk ${id} ${quoted(name)} was switched off.${waitingOn(revoked.value.before)}${heirs}`, {
      kioskId: id,
      name,
      outboxDepth,
      forkIds,
    })
  },
}

function waitingOn({ outboxDepth }: AdminKiosk): string {
  if (outboxDepth === null || outboxDepth === 0) return ''
  return ` ${outboxDepth} ${outboxDepth === 1 ? 'report is' : 'reports are'} waiting on it and will not be sent.`
}
