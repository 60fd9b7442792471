import { useMemo, useRef, useState, type ReactElement } from 'react'
import { useSearchParams } from 'wouter'
import type { ChangeRow } from '#shared/wire/rest-changes.ts'
import type { Refusal } from '../api.ts'
import { ACTION_TIMEOUT_MS, PendingButton, usePendingActions } from '../pending-actions.tsx'
import {
  filterOf,
  LOG_SERVICES,
  logSearchIn,
  searchText,
  type LogFilter,
  type LogSearch,
} from './log-search.ts'
import { actorText, actText, factsOfChange, type ChangeFact } from './change-words.ts'
import { Choice, Field } from '../fields.tsx'
import { Form, valuesOf, type FormValues } from '../form.tsx'
import { Empty, Loading, PageHead, Problem } from '../page-elements.tsx'
import { useActions, useMe } from '../portal-context.ts'
import { loadWholeTable, saveFile } from '../save-as-file.ts'
import { useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'

const PAGE = 50

/**
 * The log of administrative acts, filtered, page by page, or as a table to keep: both of what stands in the fields, and what is
 * looked for stands in the address.
 */
export function ChangeLog(): ReactElement {
  const { t } = usePortalWords()
  const timezone = useTimezone()
  const [params, setParams] = useSearchParams()
  const search = logSearchIn(params)
  const text = searchText(search)
  // Another address – a link, the way back – puts other words into the fields; one's own leaves the focus where it is.
  const [fields, setFields] = useState({ of: text, round: 0 })
  if (fields.of !== text) setFields({ of: text, round: fields.round + 1 })
  const look = (wanted: LogSearch): void => {
    const of = searchText(wanted)
    if (of === text) return
    setFields({ ...fields, of })
    setParams(of)
  }
  const filter = filterOf(search, timezone) ?? {}
  return (
    <div className="p-page p-page-wide">
      <PageHead
        title={t('changes.title')}
        lead={t('changes.lead')}
        back={{ to: '/profile', label: t('nav.profile'), isNarrow: true }}
      />
      <div className="p-card">
        <LogForm key={fields.round} search={search} onSearch={look} />
      </div>
      <Rows key={text} filter={filter} />
    </div>
  )
}

function useTimezone(): string {
  return useMe().university?.timezone ?? 'UTC'
}

/** What the fields ask for. */
function searchOf(values: FormValues): LogSearch {
  return logSearchIn({ get: (name) => values.text(name) })
}

function LogForm(props: { search: LogSearch; onSearch: (search: LogSearch) => void }): ReactElement {
  const { t } = usePortalWords()
  const { search, onSearch } = props
  const timezone = useTimezone()
  const apply = (values: FormValues): Promise<Refusal | null> => {
    const wanted = searchOf(values)
    if (filterOf(wanted, timezone) === null)
      return Promise.resolve({ why: 'valueRefused', at: '/to', retryAfterS: null })
    onSearch(wanted)
    return Promise.resolve(null)
  }
  return (
    <Form
      send={apply}
      go={t('changes.apply')}
      say={({ at }) => (at === '/to' ? t('changes.swapped') : null)}
      more={<Export />}
    >
      <div className="p-flags">
        {(['person', 'space', 'kiosk'] as const).map((name) => (
          <Field
            key={name}
            name={name}
            label={t(`changes.${name}`)}
            start={search[name]}
            maxLength={100}
            isOptional
          />
        ))}
        <Choice
          name="service"
          label={t('changes.service')}
          start={search.service}
          isOptional
          options={[
            { value: '', label: t('changes.allServices') },
            ...LOG_SERVICES.map((service) => ({ value: service, label: t(`log.service.${service}`) })),
          ]}
        />
        <Field name="from" type="date" label={t('changes.from')} start={search.from} isOptional />
        <Field name="to" type="date" label={t('changes.to')} start={search.to} isOptional />
      </div>
      <p className="p-soft">{t('changes.part')}</p>
    </Form>
  )
}

/** Applies what stands in the fields, and gives all of it as a table: what is saved is what is shown. */
function Export(): ReactElement {
  const { t, locale, refusal } = usePortalWords()
  const { callWithPassword, toast } = useActions()
  const timezone = useTimezone()
  const pending = usePendingActions<'csv'>()
  const button = useRef<HTMLSpanElement>(null)
  const download = async (): Promise<void> => {
    const form = button.current?.closest('form')
    if (form === null || form === undefined) return
    form.requestSubmit()
    const filter = filterOf(searchOf(valuesOf(form)), timezone)
    if (filter === null) return
    const answer = await loadWholeTable((page) =>
      callWithPassword('GET /changes.csv', { query: { ...filter, ...page, language: locale } }),
    )
    if (!answer.ok) return toast(refusal(answer.refusal))
    saveFile('carrel-log.csv', 'text/csv', answer.value)
    toast(t('changes.downloaded'))
  }
  return (
    <span ref={button}>
      <PendingButton className="p-button" pending={pending} of="csv" act={download}>
        {t('changes.csv')}
      </PendingButton>
    </span>
  )
}

function Rows({ filter }: { filter: LogFilter }): ReactElement {
  const { t, locale, refusal } = usePortalWords()
  const { call, toast } = useActions()
  const pending = usePendingActions<'more'>()
  const input = useMemo(() => ({ query: { ...filter, language: locale, limit: PAGE } }), [filter, locale])
  const { loaded, reload, change } = useLoad('GET /changes', input)
  if (loaded.state === 'loading') return <Loading rows={8} />
  if (loaded.state === 'failed') return <Problem refusal={loaded.refusal} onRetry={reload} />
  const { changes, next } = loaded.value
  const more = async (before: number): Promise<void> => {
    const answer = await call(
      'GET /changes',
      { query: { ...filter, language: locale, limit: PAGE, before } },
      ACTION_TIMEOUT_MS,
    )
    if (!answer.ok) return toast(refusal(answer.refusal))
    change((value) => ({ changes: [...value.changes, ...answer.value.changes], next: answer.value.next }))
  }
  if (changes.length === 0 && next === null)
    return <Empty title={t('changes.empty')} hint={t('changes.emptyHint')} />
  const heads = [
    t('changes.when'),
    t('changes.who'),
    t('changes.what'),
    t('changes.where'),
    t('changes.details'),
  ]
  return (
    <>
      {changes.length === 0 && <p className="p-soft">{t('changes.further')}</p>}
      <table className="p-table" hidden={changes.length === 0}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {changes.map((row) => (
            <Row key={row.id} row={row} heads={heads} />
          ))}
        </tbody>
      </table>
      {next !== null && (
        <div className="p-actions">
          <PendingButton className="p-button" pending={pending} of="more" act={() => more(next)}>
            {t('changes.more')}
          </PendingButton>
        </div>
      )}
    </>
  )
}

function Row({ row, heads }: { row: ChangeRow; heads: readonly string[] }): ReactElement {
  const words = usePortalWords()
  const cells = [
    words.moment(row.atMs),
    actorText(words, row),
    actText(words, row),
    row.address ?? '–',
    <Facts key="facts" facts={factsOfChange(words, row)} />,
  ]
  return (
    <tr>
      {cells.map((cell, index) => (
        <td key={heads[index]} data-head={heads[index]}>
          {cell}
        </td>
      ))}
    </tr>
  )
}

function Facts({ facts }: { facts: readonly ChangeFact[] }): ReactElement | null {
  if (facts.length === 0) return null
  return (
    <ul className="p-change-facts">
      {facts.map(({ field, value }) => (
        <li key={field}>
          <span className="p-soft">{field}</span> {value}
        </li>
      ))}
    </ul>
  )
}
