import { may } from '#shared/domain/access.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import {
  decideNoticeText,
  noticeWaitMs,
  NOTICES_PER_HOUR,
  type NoticeRecipients,
} from '#shared/domain/notice.ts'
import type { RouteInput } from '#shared/wire/rest.ts'
import { changedBy } from '../platform/postgres/append-change.ts'
import type { PersonCommand } from '../platform/writer/command.ts'
import type { FactSet } from '../platform/writer/fact-set.ts'
import { loadGroupIds, loadWrittenAt } from './notice-rows.ts'

/** Whom staff write to. Further lists, such as those who booked a room, become words of `to`. */
type Input = RouteInput<'POST /notices'>['body']

/** When staff of the university wrote within the last hour, ms since 1970; this batch's too. */
const writtenFacts: FactSet<null, number[]> = {
  name: 'written notices',
  rank: 46,
  load: (client, moment) => loadWrittenAt(client, moment, NOTICES_PER_HOUR),
}

/** Which of the groups that are written to are there. */
const groupFacts: FactSet<number, ReadonlySet<number>> = {
  name: 'groups that are told',
  rank: 46,
  load: async (client, { universityId }, groupIds) =>
    new Set(await loadGroupIds(client, universityId, groupIds)),
}

/** The super group tells everybody, or a group, something. [NTF-11] [NTF-12] */
export const sendNoticeCommand: PersonCommand<Input, { text: string; to: NoticeRecipients }, null> = {
  name: 'write a notice',
  load: ({ body: { to } }, need) => {
    need(writtenFacts, null)
    if (to !== 'all') need(groupFacts, to.groupId)
  },
  decide: ({ actor, body: { to, text } }, facts) => {
    const { universityId, nowMs } = facts.moment
    if (!may(actor, 'sendNotice', { universityId })) return refuse({ why: 'notAllowed' })
    if (to !== 'all' && !facts.of(groupFacts).has(to.groupId)) return refuse({ why: 'notFound' })
    const checked = decideNoticeText(text)
    if (!checked.ok) return refuse({ why: checked.refusal, at: '/text' })
    const waitMs = noticeWaitMs(facts.of(writtenFacts), nowMs)
    if (waitMs !== null) return refuse({ why: 'tooMany', retryAfterS: waitMs / 1000 })
    return accept({ text: checked.value, to: to === 'all' ? { isForAll: true } : { groupIds: [to.groupId] } })
  },
  write: (wish, { text, to }, facts, effects) => {
    const { universityId, nowMs } = facts.moment
    facts.of(writtenFacts).push(nowMs)
    effects.notices.push({ kind: 'announcement', facts: {}, text, to, madeById: wish.actor.userId })
    effects.log.push({
      ...changedBy(wish),
      universityId,
      groupId: to.groupIds?.[0] ?? null,
      service: 'notices',
      subject: 'send',
      // Not the text: the log stays for ever, and notices do not. [NTF-9]
      log: to.isForAll === true ? { isForAll: true } : { groupId: to.groupIds?.[0] },
    })
  },
  answer: () => null,
}
