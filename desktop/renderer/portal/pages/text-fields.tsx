import { useContext, useState, type ReactElement } from 'react'
import type { SpaceTexts } from '#shared/domain/space.ts'
import { TEXT_FIELDS, type TextField } from '#shared/domain/space-texts.ts'
import { LANGUAGES } from '../../i18n/languages.ts'
import {
  MAX_DETAIL_LENGTH,
  MAX_LOCATION_LENGTH,
  MAX_NOTE_LENGTH,
  MAX_SPACE_NAME_LENGTH,
} from '../../common/limits.ts'
import { DraftContext, Field, TextArea } from '../fields.tsx'
import type { FormValues } from '../form.tsx'
import { usePortal } from '../portal-context.ts'
import { filledText, listFrom, otherLanguages, textKey } from '../space-input.ts'
import { universityOf } from '../store.ts'
import { textFieldWord, usePortalWords } from '../words.ts'

const MAX_LENGTHS = {
  name: MAX_SPACE_NAME_LENGTH,
  location: MAX_LOCATION_LENGTH,
  price: MAX_DETAIL_LENGTH,
}

/**
 * The texts of a space in other languages than the university's, a group for each that is offered, folded away: most who add a place
 * have one language. Fields come when it is first opened, or at once where something is in them. [TXT-1] [TXT-8]
 */
export function TextFields({ texts }: { texts: SpaceTexts }): ReactElement {
  const { t } = usePortalWords()
  const draft = useContext(DraftContext)
  const own = usePortal((state) => universityOf(state).locale)
  const drafted = LANGUAGES.filter(({ locale }) =>
    TEXT_FIELDS.some((field) => (draft?.[textKey(locale, field)] ?? '') !== ''),
  )
  const filled = LANGUAGES.filter(({ locale }) => texts[locale] !== undefined)
  const offered = otherLanguages(LANGUAGES, own, [...filled, ...drafted])
  const [isNeeded, setNeeded] = useState(drafted.length > 0 || filled.length > 0)
  return (
    <details className="p-fold" onToggle={() => setNeeded(true)}>
      <summary>
        {t('edit.languages')}
        {filled.map(({ locale, name }) => (
          <span key={locale} className="p-optional" lang={locale}>
            {' '}
            · {name}
          </span>
        ))}
      </summary>
      <p className="p-soft">{t('edit.languagesHint')}</p>
      {isNeeded &&
        offered.map(({ locale, name }) => (
          <TextFieldsOf key={locale} tag={locale} name={name} text={texts[locale] ?? {}} />
        ))}
    </details>
  )
}

function TextFieldsOf(props: { tag: string; name: string; text: SpaceTexts[string] }): ReactElement {
  const { tag, name, text } = props
  const words = usePortalWords()
  const { t } = words
  const line = (field: 'name' | 'location' | 'price'): ReactElement => (
    <Field
      name={textKey(tag, field)}
      label={textFieldWord(words, tag, field)}
      start={text[field] ?? ''}
      lang={tag}
      maxLength={MAX_LENGTHS[field]}
      isOptional
    />
  )
  return (
    <fieldset className="p-fieldset">
      <legend lang={tag}>{name}</legend>
      {line('name')}
      {line('location')}
      <Field
        name={textKey(tag, 'equipment')}
        label={textFieldWord(words, tag, 'equipment')}
        hint={t('edit.equipmentInOrder')}
        start={lineOf(text.equipment)}
        lang={tag}
        isOptional
      />
      {line('price')}
      <TextArea
        name={textKey(tag, 'note')}
        label={textFieldWord(words, tag, 'note')}
        start={text.note ?? ''}
        lang={tag}
        maxLength={MAX_NOTE_LENGTH}
      />
    </fieldset>
  )
}

function lineOf(equipment: readonly string[] = []): string {
  return equipment.join(', ')
}

/** What a form says in other languages; what it has no fields for stays as it was. */
export function textsOf(values: FormValues, before: SpaceTexts): SpaceTexts {
  const texts = { ...before }
  for (const { locale } of LANGUAGES) {
    if (!values.has(textKey(locale, 'name'))) continue
    const stood = before[locale]?.equipment
    const typed = (field: TextField): string => values.text(textKey(locale, field))
    const text = filledText({
      name: typed('name'),
      location: typed('location'),
      equipment: listFrom(typed('equipment'), lineOf(stood), stood),
      price: typed('price'),
      note: typed('note'),
    })
    if (text === undefined) delete texts[locale]
    else texts[locale] = text
  }
  return texts
}
