import { useState, type ReactElement } from 'react'
import { may } from '#shared/domain/access.ts'
import { noticeValues } from '#shared/i18n/notice-values.ts'
import { MAX_NOTICE_LENGTH } from '../../common/limits.ts'
import { Icon } from '../../ui/icons.tsx'
import type { Refusal } from '../api.ts'
import { Choice, TextArea } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import { useInbox, type InboxData, type InboxNotice, type InboxState } from '../inbox-data.ts'
import { Empty, Loading, PageHead, Problem, Question } from '../page-elements.tsx'
import { PendingButton, usePendingActions, type PendingActions } from '../pending-actions.tsx'
import { useActions, useMe } from '../portal-context.ts'
import { actorOf } from '../store.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords, type PortalWords } from '../words.ts'

/** What somebody was told: newest first, by day; each can be archived. The super group writes to others. [NTF-13] */
export function Inbox(): ReactElement {
  const { t } = usePortalWords()
  const me = useMe()
  const [state, setState] = useState<InboxState>('kept')
  const [isWriting, setWriting] = useState(false)
  const mayWrite =
    me.university !== null && may(actorOf(me), 'sendNotice', { universityId: me.university.id })
  return (
    <div className="p-page">
      <PageHead title={t('nav.inbox')} lead={t('inbox.lead')}>
        {mayWrite && (
          <button type="button" className="p-button" onClick={() => setWriting(true)}>
            <Icon name="edit" />
            {t('inbox.write')}
          </button>
        )}
      </PageHead>
      <div className="p-chips" role="group" aria-label={t('nav.inbox')}>
        {(['kept', 'archived'] as const).map((one) => (
          <button
            key={one}
            type="button"
            className="p-chip"
            aria-pressed={state === one}
            onClick={() => setState(one)}
          >
            {t(`inbox.${one}`)}
          </button>
        ))}
      </div>
      <Notices key={state} state={state} />
      {isWriting && <WriteNotice onClose={() => setWriting(false)} />}
    </div>
  )
}

function Notices({ state }: { state: InboxState }): ReactElement {
  const { t, date, refusal } = usePortalWords()
  const { toast } = useActions()
  const data = useInbox(state)
  const pending = usePendingActions<number | 'older'>()
  const { loaded, reload, loadOlder } = data
  const move = useMove(data)
  if (loaded.state === 'loading') return <Loading />
  if (loaded.state === 'failed') return <Problem refusal={loaded.refusal} onRetry={reload} />
  const { notices, hasMore } = loaded.value
  const older = async (): Promise<void> => {
    const refused = await loadOlder()
    if (refused !== null) toast(refusal(refused))
  }
  if (notices.length === 0 && !hasMore)
    return state === 'kept' ? (
      <Empty title={t('inbox.empty')} hint={t('inbox.emptyHint')} />
    ) : (
      <Empty title={t('inbox.emptyArchive')} />
    )
  return (
    <>
      {byDay(notices, date).map(([day, ofDay]) => (
        <section key={day} className="p-branch" aria-label={day}>
          <h2 className="p-branch-title">{day}</h2>
          <ul className="p-lines">
            {ofDay.map((notice) => (
              <NoticeLine
                key={notice.id}
                notice={notice}
                pending={pending}
                onMove={() => move(notice.id, state === 'kept')}
              />
            ))}
          </ul>
        </section>
      ))}
      {hasMore && (
        <PendingButton className="p-button" pending={pending} of="older" act={older}>
          {t('inbox.older')}
        </PendingButton>
      )}
    </>
  )
}

/** Archives, or puts back; the toast undoes it. */
function useMove({ move, reload }: InboxData): (id: number, isArchived: boolean) => Promise<void> {
  const { t, refusal } = usePortalWords()
  const { toast } = useActions()
  return async (id, isArchived) => {
    const refused = await move(id, isArchived)
    if (refused !== null) return toast(refusal(refused))
    const undo = async (): Promise<void> => {
      const again = await move(id, !isArchived)
      if (again !== null) return toast(refusal(again))
      reload()
    }
    toast(t(isArchived ? 'inbox.archiveDone' : 'inbox.restoreDone'), () => void undo())
  }
}

function byDay(notices: readonly InboxNotice[], date: (atMs: number) => string): [string, InboxNotice[]][] {
  const days = new Map<string, InboxNotice[]>()
  for (const notice of notices) {
    const day = date(notice.createdAtMs)
    days.set(day, [...(days.get(day) ?? []), notice])
  }
  return [...days]
}

/** Kinds that this page knows; a newer hub may tell others. */
const KNOWN: Readonly<Record<InboxNotice['kind'], true>> = {
  approved: true,
  rejected: true,
  moved: true,
  closed: true,
  displaced: true,
  released: true,
  ending: true,
  requestToApprove: true,
  lapsing: true,
  announcement: true,
}

function titleOf({ t }: PortalWords, { kind }: InboxNotice): string {
  return Object.hasOwn(KNOWN, kind) ? t(`notice.${kind}.title`) : t('inbox.unknown')
}

function sentenceOf({ t, date, time, moment }: PortalWords, notice: InboxNotice): string | null {
  if (notice.kind === 'announcement' || !Object.hasOwn(KNOWN, notice.kind)) return null
  return t(`notice.${notice.kind}.text`, noticeValues(notice, { date, time, moment }))
}

function NoticeLine(props: {
  notice: InboxNotice
  pending: PendingActions<number | 'older'>
  onMove: () => Promise<void>
}): ReactElement {
  const { notice, pending, onMove } = props
  const words = usePortalWords()
  const { t, time } = words
  const { id, isNew, isArchived, text, groupName, createdAtMs } = notice
  const title = titleOf(words, notice)
  const sentence = sentenceOf(words, notice)
  const asks = notice.kind === 'requestToApprove' ? notice.facts.groupName : null
  return (
    <li className="p-told" data-new={isNew}>
      <span className="p-line-words">
        <strong>
          {title}
          {isNew && <span className="p-tag p-tag-new">{t('inbox.new')}</span>}
        </strong>
        {sentence !== null && <span>{sentence}</span>}
        {asks !== null && <span>{t('inbox.asks', { group: asks })}</span>}
        {/* Written by people, in whichever direction their language runs. */}
        {text !== null && (
          <span className="p-told-text" dir="auto">
            {text}
          </span>
        )}
        <span className="p-soft">
          {time(createdAtMs)}
          {groupName !== null && ` · ${t('inbox.from', { group: groupName })}`}
        </span>
      </span>
      <PendingButton className="p-button p-button-small" pending={pending} of={id} act={onMove}>
        {t(isArchived ? 'inbox.restore' : 'inbox.archive')}
        <span className="hidden"> {title}</span>
      </PendingButton>
    </li>
  )
}

/** Under which name a notice that somebody writes waits. [POR-15] */
const DRAFT = 'notice'
const EVERYONE = 'all'

/** The super group tells everybody, or a group, something. */
function WriteNotice({ onClose }: { onClose: () => void }): ReactElement {
  const { t } = usePortalWords()
  const { call, toast, draft } = useActions()
  const { loaded } = useLoad('GET /groups', NOTHING)
  const groups = loaded.state === 'ready' ? loaded.value.groups : []
  const send = async (values: FormValues): Promise<Refusal | null> => {
    const to = values.text('to')
    const body = {
      to: to === EVERYONE ? (EVERYONE as 'all') : { groupId: Number(to) },
      text: values.lines('text'),
    }
    const answer = await call('POST /notices', { body })
    if (!answer.ok) return answer.refusal
    draft(DRAFT, null)
    onClose()
    toast(t('inbox.sent'))
    return null
  }
  return (
    <Question title={t('inbox.write')} onClose={onClose}>
      {loaded.state === 'loading' ? (
        <Loading rows={2} />
      ) : (
        <Form
          send={send}
          go={t('inbox.send')}
          draft={DRAFT}
          say={({ at }) => (at === '/text' ? t('inbox.textRefused') : null)}
        >
          <Choice
            name="to"
            label={t('inbox.to')}
            start={EVERYONE}
            options={[
              { value: EVERYONE, label: t('inbox.everyone') },
              ...groups.map(({ id, name }) => ({ value: String(id), label: name })),
            ]}
          />
          <TextArea
            name="text"
            label={t('inbox.text')}
            hint={t('inbox.textHint')}
            start=""
            maxLength={MAX_NOTICE_LENGTH}
            rows={6}
            isRequired
          />
        </Form>
      )}
    </Question>
  )
}
