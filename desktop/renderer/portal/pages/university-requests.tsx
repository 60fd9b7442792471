import { useState, type ReactElement } from 'react'
import type { RouteAnswer } from '#shared/wire/rest.ts'
import type { Refusal } from '../api.ts'
import { TextArea } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import { Question, Empty, Loading, Notice, PageHead, Problem } from '../page-elements.tsx'
import { useActions, usePortal } from '../portal-context.ts'
import { NOTHING, useLoad } from '../use-load.ts'
import { usePortalWords, type PortalWords } from '../words.ts'

type Request = RouteAnswer<'GET /platform/requests'>['requests'][number]

/** Requests for universities, with the conflicts of each; a platform administrator decides. */
export function UniversityRequests(): ReactElement {
  const { t } = usePortalWords()
  const { loaded, reload, change } = useLoad('GET /platform/requests', NOTHING)
  const [asking, setAsking] = useState<{ request: Request; isApproval: boolean } | null>(null)
  const decided = (id: number): void => {
    change(({ requests }) => ({ requests: requests.filter((request) => request.id !== id) }))
    setAsking(null)
  }
  return (
    <div className="p-page">
      <PageHead title={t('platform.title')} lead={t('platform.lead')} />
      {loaded.state === 'loading' && <Loading />}
      {loaded.state === 'failed' && <Problem refusal={loaded.refusal} onRetry={reload} />}
      {loaded.state === 'ready' && loaded.value.requests.length === 0 && (
        <Empty title={t('platform.empty')} hint={t('platform.emptyHint')} />
      )}
      {loaded.state === 'ready' &&
        loaded.value.requests.map((request) => (
          <RequestCard
            key={request.id}
            request={request}
            onDecide={(isApproval) => setAsking({ request, isApproval })}
          />
        ))}
      {asking !== null && (
        <Decide {...asking} onClose={() => setAsking(null)} onDone={() => decided(asking.request.id)} />
      )}
    </div>
  )
}

function RequestCard(props: { request: Request; onDecide: (isApproval: boolean) => void }): ReactElement {
  const words = usePortalWords()
  const { t, ago, list } = words
  const nowMs = usePortal((state) => state.nowMs)
  const { request, onDecide } = props
  const { collisions, contact, isContactConfirmed } = request
  const id = `request-${request.id}`
  return (
    <section className="p-card" aria-labelledby={id}>
      <h2 id={id}>{request.name}</h2>
      <dl className="p-pairs">
        <div>
          <dt>{t('platform.domains')}</dt>
          <dd>{list(request.domains)}</dd>
        </div>
        <div>
          <dt>{t('platform.contact')}</dt>
          <dd>
            {contact} · {t(isContactConfirmed ? 'platform.confirmed' : 'platform.unconfirmed')}
          </dd>
        </div>
        <div>
          <dt>{t('ask.timezone')}</dt>
          <dd>
            {request.timezone} · {t('platform.asked', { age: ago(request.requestedAtMs, nowMs) })}
          </dd>
        </div>
      </dl>
      {!isAddressAt(contact, request.domains) && (
        <Notice kind="hint">{t('platform.contactElsewhere')}</Notice>
      )}
      {collisions.length === 0 ? (
        <Notice kind="good">{t('platform.noCollisions')}</Notice>
      ) : (
        <Notice kind="bad">
          <h3>{t('platform.collisions')}</h3>
          <ul className="p-bullets">
            {collisions.map((collision) => (
              <li key={JSON.stringify(collision)}>{collisionText(words, collision)}</li>
            ))}
          </ul>
        </Notice>
      )}
      <div className="p-actions">
        {!collisions.some(({ kind }) => REFUSED.has(kind)) && (
          <button type="button" className="p-button p-button-main" onClick={() => onDecide(true)}>
            {t('platform.approve')}
            <span className="hidden"> {request.name}</span>
          </button>
        )}
        <button type="button" className="p-button" onClick={() => onDecide(false)}>
          {t('platform.reject')}
          <span className="hidden"> {request.name}</span>
        </button>
      </div>
    </section>
  )
}

/** With these the hub approves no university: nobody is offered what will be refused. */
const REFUSED: ReadonlySet<Request['collisions'][number]['kind']> = new Set([
  'claimed',
  'publicProvider',
  'name',
])

/** Whether an address belongs to one of some domains, or below one. */
function isAddressAt(address: string, domains: readonly string[]): boolean {
  const own = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
  return domains.some((domain) => own === domain || own.endsWith(`.${domain}`))
}

function collisionText({ t }: PortalWords, collision: Request['collisions'][number]): string {
  const values = { domain: collision.domain ?? '', university: collision.university ?? '' }
  return collision.kind === 'name'
    ? t('platform.nameCollision', values)
    : t(`platform.${collision.kind}`, values)
}

function Decide(props: {
  request: Request
  isApproval: boolean
  onClose: () => void
  onDone: () => void
}): ReactElement {
  const { t, list } = usePortalWords()
  const { callWithPassword, toast } = useActions()
  const { request, isApproval, onClose, onDone } = props
  const { id, name } = request
  const approve = async (): Promise<Refusal | null> => {
    const answer = await callWithPassword('POST /platform/requests/:id/approve', { params: { id } })
    if (!answer.ok) return answer.refusal
    onDone()
    toast(t('platform.approved', { name }))
    return null
  }
  const reject = async (values: FormValues): Promise<Refusal | null> => {
    const reason = values.text('reason')
    const body = reason === '' ? {} : { reason }
    const answer = await callWithPassword('POST /platform/requests/:id/reject', { params: { id }, body })
    if (!answer.ok) return answer.refusal
    onDone()
    toast(t('platform.rejected', { name }))
    return null
  }
  return (
    <Question
      title={t(isApproval ? 'platform.approveAsk' : 'platform.rejectAsk', { name })}
      onClose={onClose}
    >
      <Form
        send={isApproval ? approve : reject}
        isDanger={!isApproval}
        go={t(isApproval ? 'platform.approve' : 'platform.reject')}
        more={
          <button type="button" className="p-button" onClick={onClose}>
            {t('app.cancel')}
          </button>
        }
      >
        {isApproval ? (
          <p>
            {t('platform.approveBody')} <strong>{list(request.domains)}</strong>
          </p>
        ) : (
          <TextArea
            name="reason"
            label={t('platform.reason')}
            hint={t('platform.reasonHint')}
            start=""
            maxLength={500}
          />
        )}
      </Form>
    </Question>
  )
}
