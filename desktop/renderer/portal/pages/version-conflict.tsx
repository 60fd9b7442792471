import { useState, type ReactElement } from 'react'
import type { SpaceKind } from '#shared/domain/space.ts'
import type { Refusal } from '../api.ts'
import { Form } from '../form.tsx'
import { Notice } from '../page-elements.tsx'
import { conflictsOf, textOf, valueOf, withField, type SpaceInput, type SpaceField } from '../space-input.ts'
import { textFieldWord, usePortalWords, type PortalWords } from '../words.ts'

/** Two people changed a space: line by line, whose value holds. What only one of them changed is kept without asking. */
export function VersionConflict(props: {
  before: SpaceInput
  mine: SpaceInput
  theirs: SpaceInput
  merge: SpaceInput
  nameOf: (spaceId: number) => string
  onSave: (input: SpaceInput) => Promise<Refusal | null>
}): ReactElement {
  const { before, mine, theirs, merge, nameOf, onSave } = props
  const words = usePortalWords()
  const { t } = words
  const conflicts = conflictsOf(before, mine, theirs)
  const [theirsIn, setTheirs] = useState<ReadonlySet<SpaceField>>(new Set())
  const changeSettings = (field: SpaceField, isTheirs: boolean): void => {
    const next = new Set(theirsIn)
    if (isTheirs) next.add(field)
    else next.delete(field)
    setTheirs(next)
  }
  const chosen = [...theirsIn].reduce((input, field) => withField(input, field, theirs), merge)
  return (
    <Form send={() => onSave(chosen)} go={t('app.save')} going={t('app.saving')}>
      <Notice kind="hint">
        <p role="alert">
          <strong>{t('stale.title')}</strong>
        </p>
        <p>{t(conflicts.length === 0 ? 'stale.none' : 'stale.lead')}</p>
      </Notice>
      {conflicts.map((field) => (
        <fieldset key={field} className="p-fieldset">
          <legend>{fieldWord(words, field)}</legend>
          {[false, true].map((isTheirs) => (
            <label key={String(isTheirs)} className="p-radio" htmlFor={`stale-${field}-${String(isTheirs)}`}>
              <input
                id={`stale-${field}-${String(isTheirs)}`}
                type="radio"
                name={`stale-${field}`}
                checked={theirsIn.has(field) === isTheirs}
                onChange={() => changeSettings(field, isTheirs)}
              />
              <span className="p-soft">{t(isTheirs ? 'stale.theirs' : 'stale.mine')}</span>
              <strong>{valueWord(words, field, isTheirs ? theirs : mine, nameOf)}</strong>
            </label>
          ))}
        </fieldset>
      ))}
    </Form>
  )
}

function fieldWord(words: PortalWords, field: SpaceField): string {
  const { t } = words
  const text = textOf(field)
  if (text !== null) return textFieldWord(words, text.tag, text.field)
  switch (field) {
    case 'parentId':
      return t('edit.parent')
    case 'quiet':
    case 'sockets':
    case 'wifi':
    case 'stepFree':
      return t(`places.${field}`)
    default:
      return t(`edit.${field as 'name'}`)
  }
}

function valueWord(
  { t, kind, list }: PortalWords,
  field: SpaceField,
  input: SpaceInput,
  nameOf: (spaceId: number) => string,
): string {
  const value = valueOf(input, field)
  if (field === 'kind') return kind(value as SpaceKind)
  if (field === 'parentId') return nameOf(Number(value))
  if (value === undefined || value === null || value === '') return t('stale.empty')
  if (typeof value === 'boolean') return t(value ? 'app.yes' : 'app.no')
  return Array.isArray(value) ? list(value) : String(value)
}
