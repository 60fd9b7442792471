import { useState, type ReactElement } from 'react'
import type { Level } from '#shared/domain/occupancy.ts'
import { isWithin } from '#shared/domain/space.ts'
import { LEVELS } from '../../common/tone.ts'
import type { Tone } from '../../ui/shapes.tsx'
import {
  ACTION_TIMEOUT_MS,
  PendingButton,
  pendingProps,
  PendingSign,
  usePendingActions,
  type PendingActions,
} from '../pending-actions.tsx'
import { Card, Mark, Problem } from '../page-elements.tsx'
import type { Refusal } from '../api.ts'
import { useActions, usePortal } from '../portal-context.ts'
import type { PortalMoment, PortalSpace } from '../portal-spaces.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'

/** What the super group may do with a place: public screens, its level, its kiosks. */
export function SpaceStaff(props: {
  space: PortalSpace
  moment: PortalMoment
  isLeaf: boolean
}): ReactElement {
  const { space, moment, isLeaf } = props
  const { t } = usePortalWords()
  // What comes of it is said where it was asked: a toast would lie over the next button. [POR-18]
  const { call, putRow, announce } = useActions()
  const [refused, setRefused] = useState<Refusal | null>(null)
  const [isCorrected, setCorrected] = useState(false)
  const pending = usePendingActions<StaffAct>()
  const params = { id: space.id }
  const letOn = async (): Promise<void> => {
    const body = { isOnKiosks: !space.isOnKiosks }
    const answer = await call('PUT /spaces/:id/on-kiosks', { params, body }, ACTION_TIMEOUT_MS)
    setRefused(answer.ok ? null : answer.refusal)
    if (answer.ok) putRow(answer.value)
    if (answer.ok) announce(t(body.isOnKiosks ? 'staff.isOn' : 'staff.isOff'))
  }
  const correct = async (level: Level | null): Promise<void> => {
    const answer = await call('PUT /spaces/:id/level', { params, body: { level } }, ACTION_TIMEOUT_MS)
    setRefused(answer.ok ? null : answer.refusal)
    if (answer.ok) putRow(answer.value)
    setCorrected(answer.ok)
    if (answer.ok) announce(t('staff.corrected'))
  }
  return (
    <Card title={t('staff.title')}>
      {refused !== null && <Problem refusal={refused} />}
      {space.parentId !== null && (
        <div className="p-staff-row">
          <p className="p-soft">{t(space.isOnKiosks ? 'staff.isOn' : 'staff.isOff')}</p>
          <PendingButton className="p-button" pending={pending} of="letOn" act={letOn}>
            {t(space.isOnKiosks ? 'staff.takeOff' : 'staff.letOn')}
          </PendingButton>
        </div>
      )}
      {isLeaf && <Correct pending={pending} correct={correct} isCorrected={isCorrected} />}
      <Kiosks space={space} moment={moment} />
    </Card>
  )
}

/** What waits for the hub: public screens, or the level that was tapped. */
type StaffAct = Tone | 'letOn'

const CORRECTIONS: readonly { level: Level | null; tone: Tone }[] = [
  ...LEVELS,
  { level: null, tone: 'unknown' },
]

function Correct(props: {
  pending: PendingActions<StaffAct>
  correct: (level: Level | null) => Promise<void>
  isCorrected: boolean
}): ReactElement {
  const { pending, correct, isCorrected } = props
  const { t, tone } = usePortalWords()
  // One level after the other: the last that was tapped is to be the one that stands.
  const isBusy = CORRECTIONS.some(({ tone: of }) => pending.keys.has(of))
  const tap = (level: Level | null, of: Tone): void => {
    if (!isBusy) pending.start(of, () => correct(level))
  }
  return (
    <div role="group" aria-labelledby="staff-correct" aria-describedby="staff-correct-hint">
      <h3 id="staff-correct">{t('staff.correct')}</h3>
      <div className="p-chips">
        {CORRECTIONS.map(({ level, tone: of }) => (
          <button
            key={of}
            type="button"
            className="p-chip"
            {...pendingProps(pending.keys.has(of))}
            aria-disabled={isBusy}
            onClick={() => tap(level, of)}
          >
            <PendingSign isPending={pending.keys.has(of)}>
              <Mark tone={of} />
            </PendingSign>
            {level === null ? t('staff.nothingKnown') : tone(of)}
          </button>
        ))}
      </div>
      <p id="staff-correct-hint" className="p-soft">
        {isCorrected ? <strong>{t('staff.corrected')}</strong> : t('staff.correctHint')}
      </p>
    </div>
  )
}

function Kiosks({ space, moment }: { space: PortalSpace; moment: PortalMoment }): ReactElement {
  const { t, ago, refusal } = usePortalWords()
  const { call, toast } = useActions()
  const nowMs = usePortal((state) => state.nowMs)
  const pending = usePendingActions<number>()
  const { loaded, reload, change } = useLoad('GET /kiosks', NOTHING)
  if (loaded.state === 'loading') return <p className="p-soft">{t('app.loading')}</p>
  if (loaded.state === 'failed') return <Problem refusal={loaded.refusal} onRetry={reload} />
  const kiosks = loaded.value.kiosks
    .filter((kiosk) => isWithin(moment.spaces, kiosk.spaceId, space.id))
    .toSorted(moment.byName)
  const silence = async (id: number, isSilenced: boolean): Promise<void> => {
    const answer = await call(
      'PUT /kiosks/:id/silenced',
      { params: { id }, body: { isSilenced } },
      ACTION_TIMEOUT_MS,
    )
    if (!answer.ok) return toast(refusal(answer.refusal))
    change((before) => ({
      kiosks: before.kiosks.map((kiosk) => (kiosk.id === id ? { ...kiosk, isSilenced } : kiosk)),
    }))
  }
  return (
    <div>
      <h3>{t('staff.kiosks')}</h3>
      <p className="p-soft">{t(kiosks.length === 0 ? 'staff.noKiosks' : 'staff.silenceHint')}</p>
      <ul className="p-lines">
        {kiosks.map(({ id, name, isSilenced, lastSeenAtMs, spaceId, spaceName }) => (
          <li key={id}>
            <span className="p-line-words">
              <strong>{name}</strong>
              <span className="p-soft">
                {moment.spaces.get(spaceId)?.name ?? spaceName} ·{' '}
                {isSilenced
                  ? t('staff.silenced')
                  : lastSeenAtMs === null
                    ? t('staff.neverSeen')
                    : t('staff.seen', { age: ago(lastSeenAtMs, nowMs) })}
              </span>
            </span>
            <PendingButton
              className="p-button p-button-small"
              pending={pending}
              of={id}
              act={() => silence(id, !isSilenced)}
            >
              {t(isSilenced ? 'staff.unsilence' : 'staff.silence')}
              <span className="hidden"> {name}</span>
            </PendingButton>
          </li>
        ))}
      </ul>
    </div>
  )
}
