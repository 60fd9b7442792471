import { useEffect, useRef, type ReactElement } from 'react'
import { Link } from 'wouter'
import type { RouteAnswer } from '#shared/wire/rest.ts'
import { toneOf } from '../../common/tone.ts'
import {
  ACTION_TIMEOUT_MS,
  pendingProps,
  PendingSign,
  usePendingActions,
  type PendingActions,
} from '../pending-actions.tsx'
import { Empty, Loading, Mark, PageHead, Problem } from '../page-elements.tsx'
import { useActions, usePortal, useSpaceName } from '../portal-context.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords } from '../words.ts'

type MyReport = RouteAnswer<'GET /me/reports'>['reports'][number]

/** My reports, newest first; each may be removed. */
export function Reports(): ReactElement {
  const { t, date, time, level, refusal } = usePortalWords()
  const { call, toast } = useActions()
  const pending = usePendingActions<number>()
  const { loaded, reload, refresh, change } = useLoad('GET /me/reports', NOTHING)
  useRefresh(refresh)
  const withdraw = async (id: number): Promise<void> => {
    const answer = await call('POST /reports/:id/withdraw', { params: { id } }, ACTION_TIMEOUT_MS)
    if (!answer.ok) return toast(refusal(answer.refusal))
    const { earlier, ...report } = answer.value
    change(({ reports }) => ({ reports: reports.map((one) => (one.id === id ? report : one)) }))
    const still =
      earlier === undefined
        ? []
        : [t('reports.earlier', { level: level(earlier.level), time: time(earlier.reportedAtMs) })]
    toast([t('say.undone'), ...still].join(' '))
  }
  const days = loaded.state === 'ready' ? byDay(loaded.value.reports, date) : []
  return (
    <div className="p-page">
      <PageHead
        title={t('reports.title')}
        lead={t('reports.newest')}
        back={{ to: '/profile', label: t('nav.profile'), isNarrow: true }}
      />
      {loaded.state === 'loading' && <Loading />}
      {loaded.state === 'failed' && <Problem refusal={loaded.refusal} onRetry={reload} />}
      {loaded.state === 'ready' && days.length === 0 && (
        <Empty title={t('reports.empty')} hint={t('reports.emptyHint')}>
          <Link href="/" className="p-button">
            {t('app.home')}
          </Link>
        </Empty>
      )}
      {days.map(([day, reports]) => (
        <section key={day} className="p-branch" aria-label={day}>
          <h2 className="p-branch-title">{day}</h2>
          <ul className="p-lines">
            {reports.map((report) => (
              <ReportLine
                key={report.id}
                report={report}
                pending={pending}
                onWithdraw={() => pending.start(report.id, () => withdraw(report.id))}
              />
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

/** How often the list is fetched anew at most while places change, ms. */
const REFRESH_MS = 5_000

/** Runs again when the live connection brought an update, and when the page is shown again: this may be a report from another device. [POR-16] */
function useRefresh(refresh: () => void): void {
  const head = usePortal(({ tree }) => (tree.state === 'ready' ? tree.head : 0))
  const first = useRef(head)
  const lastMs = useRef(0)
  useEffect(() => {
    if (head === first.current) return
    first.current = -1
    const waitMs = Math.max(0, lastMs.current + REFRESH_MS - performance.now())
    const timer = window.setTimeout(() => {
      lastMs.current = performance.now()
      if (document.visibilityState === 'visible') refresh()
    }, waitMs)
    return () => window.clearTimeout(timer)
  }, [head, refresh])
  useEffect(() => {
    const shown = (): void => {
      if (document.visibilityState === 'visible') refresh()
    }
    document.addEventListener('visibilitychange', shown)
    window.addEventListener('pageshow', shown)
    return () => {
      document.removeEventListener('visibilitychange', shown)
      window.removeEventListener('pageshow', shown)
    }
  }, [refresh])
}

function byDay(reports: readonly MyReport[], date: (atMs: number) => string): [string, MyReport[]][] {
  const days = new Map<string, MyReport[]>()
  for (const report of reports) {
    const day = date(report.reportedAtMs)
    days.set(day, [...(days.get(day) ?? []), report])
  }
  return [...days]
}

function ReportLine(props: {
  report: MyReport
  pending: PendingActions<number>
  onWithdraw: () => void
}): ReactElement {
  const { report, pending, onWithdraw } = props
  const { t, time, level } = usePortalWords()
  const name = useSpaceName(report.spaceId, report.spaceName)
  const isThere = usePortal(({ tree }) => tree.state === 'ready' && tree.spaces.has(report.spaceId))
  return (
    <li data-off={report.isWithdrawn}>
      <Mark tone={toneOf(report.level, true)} />
      <span className="p-line-words">
        {isThere ? <Link href={`/spaces/${report.spaceId}`}>{name}</Link> : name}
        <span className="p-soft">
          {level(report.level)} · {time(report.reportedAtMs)}
          {report.isWithdrawn && ` · ${t('reports.withdrawn')}`}
        </span>
      </span>
      {!report.isWithdrawn && (
        <button
          type="button"
          className="p-button p-button-small"
          {...pendingProps(pending.keys.has(report.id))}
          onClick={onWithdraw}
        >
          <PendingSign isPending={pending.keys.has(report.id)} />
          {t('reports.withdraw')}
          <span className="hidden"> {t('reports.said', { place: name, level: level(report.level) })}</span>
        </button>
      )}
    </li>
  )
}
