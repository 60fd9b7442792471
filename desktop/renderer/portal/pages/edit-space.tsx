import { useState, type ReactElement } from 'react'
import { Link, useLocation, useParams } from 'wouter'
import { may } from '#shared/domain/access.ts'
import { isWithin, type SpaceKind } from '#shared/domain/space.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import type { Refusal } from '../api.ts'
import { Choice, Field, TextArea, useDrafted } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import {
  MAX_DETAIL_LENGTH,
  MAX_NOTE_LENGTH,
  MAX_CAPACITY,
  MAX_LOCATION_LENGTH,
  MAX_SPACE_NAME_LENGTH,
} from '../../common/limits.ts'
import { Empty, Loading, Notice, PageHead } from '../page-elements.tsx'
import { useActions, useMe, useMoment, usePortal, useStoredSpace } from '../portal-context.ts'
import {
  changesOf,
  detailsOf,
  fittingLists,
  flagOf,
  flagText,
  kindsBelow,
  listFrom,
  listsToCheck,
  merged,
  newSpaceOf,
  textKey,
  type SpaceInput,
} from '../space-input.ts'
import {
  branchesOf,
  portalSpace,
  type BranchChoice,
  type PortalMoment,
  type PortalSpace,
} from '../portal-spaces.ts'
import { actorOf } from '../store.ts'
import { TextFields, textsOf } from './text-fields.tsx'
import { VersionConflict } from './version-conflict.tsx'
import { usePortalWords } from '../words.ts'

/** Under which name a new space waits that was not saved yet. */
const NEW_SPACE = 'newSpace'

/** Under which name the draft of a change keeps what the space was when it was begun. */
const BASE = 'base'

/** Makes a space below another one. */
export function NewSpace(): ReactElement {
  const { t, list } = usePortalWords()
  const { call, putRow, toast, draft } = useActions()
  const [, go] = useLocation()
  const moment = useMoment()
  const me = useMe()
  if (moment === null) return <Loading />
  const isStaff = may(actorOf(me), 'letOnKiosks', { universityId: me.university?.id ?? 0 })
  const add = async (values: FormValues): Promise<Refusal | null> => {
    const input = inputOf(values, null, list)
    const answer = await call('POST /spaces', { body: newSpaceOf(input) })
    if (!answer.ok) return answer.refusal
    putRow(answer.value)
    draft(NEW_SPACE, null)
    toast(t('edit.added', { name: input.name }))
    go(`/spaces/${answer.value.id}`)
    return null
  }
  return (
    <div className="p-page p-page-form">
      <PageHead title={t('edit.newTitle')} lead={t(isStaff ? 'edit.newLeadStaff' : 'edit.newLead')} />
      <div className="p-card">
        <Form send={add} go={t('edit.add')} draft={NEW_SPACE}>
          <SpaceFields moment={moment} input={null} selfId={null} />
        </Form>
      </div>
    </div>
  )
}

/** Changes a space; when somebody else did meanwhile, lets choose. */
export function EditSpace(): ReactElement {
  const id = Number(useParams<{ id: string }>().id)
  const { t } = usePortalWords()
  const moment = useMoment()
  const space = moment?.spaces.get(id)
  const stored = useStoredSpace(id)
  if (moment === null) return <Loading />
  if (space === undefined || stored === undefined || !space.isMineToEdit)
    return (
      <div className="p-page">
        <Empty tone="unknown" isPage title={t(space === undefined ? 'space.gone' : 'edit.notMine')}>
          <Link href="/" className="p-button">
            {t('app.home')}
          </Link>
        </Empty>
      </div>
    )
  return <EditForm key={id} space={space} stored={stored} moment={moment} />
}

interface Conflict {
  mine: SpaceInput
  theirs: SpaceInput
  version: number
  /** Languages whose lists the writer had looked at. */
  checked: readonly string[]
}

/** `stored`: in its main texts, which are changed here, whatever the reader's language shows. [TXT-1] */
function EditForm(props: { space: PortalSpace; stored: PortalSpace; moment: PortalMoment }): ReactElement {
  const { space, stored, moment } = props
  const { t, list } = usePortalWords()
  const { call, putRow, toast, draft } = useActions()
  const [, go] = useLocation()
  const draftName = `space ${space.id}`
  const kept = usePortal(({ drafts }) => drafts[draftName]?.[BASE])
  const fresh = { input: inputFrom(stored), version: stored.version }
  // As it was when the form was opened, also where somebody looked at another page since: what changes meanwhile is found at saving.
  const [before, setBefore] = useState(kept === undefined ? fresh : (JSON.parse(kept) as typeof fresh))
  const [conflict, setConflict] = useState<Conflict | null>(null)
  // The main list for which the writer was asked to look at the other languages' lists.
  const [asked, setAsked] = useState<string | null>(null)
  const save = async (
    input: SpaceInput,
    from: typeof before,
    checked: readonly string[] = [],
  ): Promise<Refusal | null> => {
    const answer = await call('PATCH /spaces/:id', {
      params: { id: space.id },
      body: { version: from.version, ...changesOf(from.input, input, checked) },
    })
    if (!answer.ok) {
      if (answer.refusal.why !== 'stale' || answer.refusal.current === undefined) return answer.refusal
      const current = portalSpace(answer.refusal.current as PeopleSpace)
      setBefore(from)
      setConflict({ mine: input, theirs: inputFrom(current), version: current.version, checked })
      return null
    }
    putRow(answer.value)
    draft(draftName, null)
    toast(t('edit.changed'))
    go(`/spaces/${space.id}`)
    return null
  }
  const saveTyped = async (values: FormValues): Promise<Refusal | null> => {
    const input = inputOf(values, before.input, list)
    const main = JSON.stringify(input.details.equipment)
    const toCheck = listsToCheck(before.input, input).filter((tag) => values.has(textKey(tag, 'equipment')))
    const [tag] = toCheck
    if (tag === undefined || asked === main) return save(input, before, toCheck)
    setAsked(main)
    return { why: 'valueRefused', at: `/${textKey(tag, 'equipment')}/unchecked`, retryAfterS: null }
  }
  const back = { to: `/spaces/${space.id}`, label: space.name }
  return (
    <div className="p-page p-page-form">
      <PageHead title={t('edit.editTitle', { name: space.name })} back={back} />
      {!space.isOnKiosks && (
        <Notice kind="hint">{t(space.isMine ? 'space.hiddenOwn' : 'space.hidden')}</Notice>
      )}
      <div className="p-card">
        {conflict === null ? (
          <Form
            key={before.version}
            send={saveTyped}
            go={t('app.save')}
            going={t('app.saving')}
            draft={draftName}
            onDiscard={() => setBefore(fresh)}
          >
            <input type="hidden" name={BASE} value={JSON.stringify(before)} />
            <SpaceFields moment={moment} input={before.input} selfId={space.id} />
          </Form>
        ) : (
          <VersionConflict
            before={before.input}
            {...conflict}
            nameOf={(id) => moment.spaces.get(id)?.name ?? String(id)}
            onSave={(input) =>
              save(
                input,
                { input: conflict.theirs, version: conflict.version },
                fittingLists(input, conflict.checked),
              )
            }
            merge={merged(before.input, conflict.mine, conflict.theirs)}
          />
        )}
      </div>
    </div>
  )
}

function inputFrom(space: PortalSpace): SpaceInput {
  const { name, kind, parentId, location, capacity, details, texts = {} } = space
  return { name, kind, parentId: parentId ?? 0, location, capacity, details, texts }
}

/** `before`: as the form began; null: with nothing. `list` makes the line of which a list was shown. */
function inputOf(
  values: FormValues,
  before: SpaceInput | null,
  list: (words: readonly string[]) => string,
): SpaceInput {
  const stood = before?.details.equipment
  const location = values.text('location')
  const capacity = values.text('capacity')
  return {
    name: values.text('name'),
    kind: values.text('kind') as SpaceKind,
    parentId: Number(values.text('parent')),
    location: location === '' ? null : location,
    capacity: capacity === '' ? null : Number(capacity),
    details: detailsOf({
      quiet: flagOf(values.text('quiet')),
      sockets: flagOf(values.text('sockets')),
      wifi: flagOf(values.text('wifi')),
      stepFree: flagOf(values.text('stepFree')),
      equipment: listFrom(values.text('equipment'), list(stood ?? []), stood),
      price: values.text('price'),
      note: values.text('note'),
    }),
    texts: textsOf(values, before?.texts ?? {}),
  }
}

function SpaceFields(props: {
  moment: PortalMoment
  input: SpaceInput | null
  selfId: number | null
}): ReactElement {
  const { moment, input, selfId } = props
  const { t } = usePortalWords()
  const parents = branchesOf(moment, (space) => selfId === null || !isWithin(moment.spaces, space.id, selfId))
  const isRoot = input !== null && input.parentId === 0
  return (
    <>
      <Field name="name" label={t('edit.name')} start={input?.name ?? ''} maxLength={MAX_SPACE_NAME_LENGTH} />
      <Standing {...props} parents={isRoot ? [] : parents} />
      <Field
        name="location"
        label={t('edit.location')}
        hint={t('edit.locationHint')}
        start={input?.location ?? ''}
        maxLength={MAX_LOCATION_LENGTH}
        isOptional
      />
      <Field
        name="capacity"
        type="number"
        label={t('edit.capacity')}
        start={input === null || input.capacity === null ? '' : String(input.capacity)}
        min={1}
        max={MAX_CAPACITY}
        isOptional
      />
      <DetailFields details={input?.details ?? {}} />
      {input !== null && <p className="p-soft">{t('edit.hours')}</p>}
      <TextFields texts={input?.texts ?? {}} />
    </>
  )
}

/** Where it stands, and as what: only kinds that fit there are offered. [TRE-14] */
function Standing(props: {
  moment: PortalMoment
  input: SpaceInput | null
  selfId: number | null
  parents: readonly BranchChoice[]
}): ReactElement {
  const { moment, input, selfId, parents } = props
  const { t, kind: word } = usePortalWords()
  const me = useMe()
  const isFree = may(actorOf(me), 'letOnKiosks', { universityId: me.university?.id ?? 0 })
  const [parent, setParent] = useState(useDrafted('parent', input === null ? '' : String(input.parentId)))
  const [kind, setKind] = useState<string>(useDrafted('kind', input?.kind ?? 'room'))
  const parentId = parent === '' || parent === '0' ? null : Number(parent)
  const self =
    input === null || selfId === null
      ? null
      : { id: selfId, kind: input.kind, parentId: input.parentId === 0 ? null : input.parentId }
  const kinds = kindsBelow(moment.spaces, parentId, self, isFree)
  const isFitting = kinds.some((one) => one === kind)
  const changeSettings = { value: '', label: t('field.choose') }
  return (
    <>
      {parents.length > 0 && (
        <Choice
          name="parent"
          label={t('edit.parent')}
          start={parent}
          value={parent}
          onChange={setParent}
          options={[
            ...(input === null ? [changeSettings] : []),
            ...parents.map(({ id, name, within, depth }) => ({
              value: String(id),
              label:
                '\u2003'.repeat(depth) + (within === null ? name : t('places.nameWithin', { name, within })),
            })),
          ]}
        />
      )}
      <Choice
        name="kind"
        label={t('edit.kind')}
        start={kind}
        value={isFitting ? kind : ''}
        onChange={setKind}
        options={[
          ...(isFitting ? [] : [changeSettings]),
          ...kinds.map((value) => ({ value, label: word(value) })),
        ]}
      />
    </>
  )
}

function DetailFields({ details }: { details: SpaceInput['details'] }): ReactElement {
  const { t, list } = usePortalWords()
  const flags = [
    ['quiet', t('places.quiet'), details.quiet],
    ['sockets', t('places.sockets'), details.sockets],
    ['wifi', t('places.wifi'), details.wifi],
    ['stepFree', t('places.stepFree'), details.stepFree],
  ] as const
  return (
    <fieldset className="p-fieldset">
      <legend>{t('edit.details')}</legend>
      <div className="p-flags">
        {flags.map(([name, label, value]) => (
          <Choice
            key={name}
            name={name}
            label={label}
            start={flagText(value)}
            isOptional
            options={[
              { value: '', label: t('app.notKnown') },
              { value: 'yes', label: t('app.yes') },
              { value: 'no', label: t('app.no') },
            ]}
          />
        ))}
      </div>
      <Field
        name="equipment"
        label={t('edit.equipment')}
        hint={t('edit.equipmentHint')}
        start={list(details.equipment ?? [])}
        isOptional
      />
      <Field
        name="price"
        label={t('edit.price')}
        hint={t('edit.priceHint')}
        start={details.price ?? ''}
        maxLength={MAX_DETAIL_LENGTH}
        isOptional
      />
      <TextArea name="note" label={t('edit.note')} start={details.note ?? ''} maxLength={MAX_NOTE_LENGTH} />
    </fieldset>
  )
}
