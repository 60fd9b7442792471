import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import type { Refusal } from '../api.ts'
import { Choice, Field } from '../fields.tsx'
import { Form, type FormValues } from '../form.tsx'
import { listOf } from '../space-input.ts'
import { Notice } from '../page-elements.tsx'
import { useActions } from '../portal-context.ts'
import { usePortalWords } from '../words.ts'
import { SignedOutPage } from '../signed-out-page.tsx'

function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Time zones that the browser knows, by their IANA names. */
function timeZones(): { value: string; label: string }[] {
  const zones = Intl.supportedValuesOf('timeZone')
  // A browser in UTC names a zone that its list may not have: then the first of the list would be sent unasked.
  return [...(zones.includes(ownZone()) ? [] : [ownZone()]), ...zones].map((zone) => ({
    value: zone,
    label: zone,
  }))
}

/** Asks for a new university: anyone may. */
export function RequestUniversity(): ReactElement {
  const { t, locale } = usePortalWords()
  const { call } = useActions()
  const [contact, setContact] = useState<string | null>(null)
  const ask = async (values: FormValues): Promise<Refusal | null> => {
    const answer = await call('POST /universities', {
      body: {
        name: values.text('name'),
        domains: listOf(values.text('domains')),
        timezone: values.text('timezone'),
        contact: values.text('contact'),
        locale,
      },
    })
    if (!answer.ok) return answer.refusal
    setContact(values.text('contact'))
    return null
  }
  if (contact !== null)
    return (
      <SignedOutPage title={t('ask.sentTitle')}>
        <Notice kind="good">
          <p role="status">{t('ask.sentBody', { contact })}</p>
        </Notice>
      </SignedOutPage>
    )
  return (
    <SignedOutPage title={t('ask.title')} lead={t('ask.lead')}>
      <Form send={ask} go={t('ask.go')} hints={{ quotaReached: <p>{t('ask.quota')}</p> }}>
        <Field name="name" label={t('ask.name')} maxLength={200} />
        <Field name="domains" label={t('ask.domains')} hint={t('ask.domainsHint')} />
        <Choice name="timezone" label={t('ask.timezone')} start={ownZone()} options={timeZones()} />
        <Field
          name="contact"
          type="email"
          label={t('ask.contact')}
          hint={t('ask.contactHint')}
          autoComplete="email"
        />
      </Form>
      <p className="p-entry-more">
        <Link href="/sign-in">{t('signIn.go')}</Link>
      </p>
    </SignedOutPage>
  )
}
