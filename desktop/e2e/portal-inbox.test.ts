import { query } from '../../hub/platform/postgres/database.ts'
import { expect, test } from './portal-testing.ts'
import type { PortalWorld } from './portal-world.ts'

// What staff write reaches people's pages by itself, and what people do with it: real browsers, hub and database.

/** Makes somebody a member of the super group. */
async function makeStaff(portal: PortalWorld): Promise<string> {
  const email = await portal.makePerson()
  await query(
    portal.pool,
    `insert into user_group (university_id, user_id, group_id, permissions)
     select u.associated_university_id, u.id, g.id, 'member' from users u
     join groups g on g.university_id = u.associated_university_id and g.is_super where u.email = $1`,
    [email],
  )
  return email
}

test('[NTF-6, NTF-11, NTF-13] a message to everybody raises the count on an open page, is read, archived, undone, and found in the archive', async ({
  portal,
  context,
  other,
}) => {
  test.slow()
  const staff = await portal.signIn(context, await makeStaff(portal))
  const phone = await portal.signIn(other, await portal.makePerson())
  await expect(phone.getByText('Live')).toBeVisible()
  const way = phone.getByRole('link', { name: /^Inbox/ })
  await expect(way).toHaveAccessibleName('Inbox')

  await staff.getByRole('link', { name: /^Inbox/ }).click()
  await staff.getByRole('button', { name: 'Write a message' }).click()
  const form = staff.getByRole('dialog', { name: 'Write a message' })
  await form.getByRole('button', { name: 'Send' }).click()
  await expect(form.getByText('Please fill this in.')).toBeVisible()
  await form.getByLabel('Message').fill('Closed at four.\n<b>Take your things</b> {{room}}')
  await form.getByRole('button', { name: 'Send' }).click()
  await expect(staff.getByText('Message sent.').first()).toBeVisible()

  await expect(way).toHaveAccessibleName(/^Inbox\s+1 new$/)
  await way.press('Enter')
  await expect(phone.getByRole('heading', { level: 1, name: 'Inbox' })).toBeFocused()
  const line = phone.getByRole('listitem').filter({ hasText: 'Message from staff' })
  await expect(line.locator('.p-told-text')).toHaveText('Closed at four.\n<b>Take your things</b> {{room}}', {
    useInnerText: true,
  })
  await expect(line.getByText('new', { exact: true })).toBeVisible()
  await expect(way).toHaveAccessibleName('Inbox')
  await expect(line.getByText('new', { exact: true })).toBeVisible()
  expect(await phone.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)

  await line.getByRole('button', { name: 'Archive' }).press('Enter')
  await expect(phone.getByText('Nothing here yet')).toBeVisible()
  await phone.getByRole('button', { name: 'Undo' }).click()
  await expect(line).toBeVisible()
  await line.getByRole('button', { name: 'Archive' }).click()
  await phone.getByRole('group', { name: 'Inbox' }).getByRole('button', { name: 'Archived' }).click()
  await expect(line).toBeVisible()
  await line.getByRole('button', { name: 'Move to inbox' }).click()
  await expect(phone.getByText('Nothing archived')).toBeVisible()
})

test('[NTF-13] a list is continued with older ones; without a connection it stays, and goes on by itself', async ({
  portal,
  context,
  complaints,
}) => {
  test.slow()
  complaints.expect(/ERR_CONNECTION_REFUSED/)
  const email = await portal.makePerson()
  const [row] = await query<{ userId: number; universityId: number }>(
    portal.pool,
    'select id as "userId", associated_university_id as "universityId" from users where email = $1',
    [email],
  )
  const tell = (count: number, word: string): Promise<unknown[]> =>
    query(
      portal.pool,
      `with made as (
         insert into notifications (university_id, kind, facts, text, created_at)
         select $1, 'announcement', '{}', $4 || ' ' || n, now() from generate_series(1, $3::int) n returning id
       ), given as (
         insert into notification_users (university_id, notification_id, user_id, mail_state)
         select $1, id, $2, 'none' from made
       ), stepped as (
         update universities set clock = clock + 1, facts_clock = clock + 1 where id = $1 returning clock
       )
       insert into inboxes as i (user_id, university_id, new_count, newest_id, clock)
       select $2, $1, $3, (select max(id) from made), clock from stepped
       on conflict (user_id) do update set new_count = i.new_count + excluded.new_count, newest_id = excluded.newest_id,
         clock = excluded.clock`,
      [row?.universityId, row?.userId, count, word],
    )
  await tell(33, 'early')
  const page = await portal.signIn(context, email)
  await page.goto(`${portal.url}/inbox`)
  const texts = page.locator('.p-told-text')
  await expect(texts).toHaveCount(30)
  await expect(texts.first()).toHaveText('early 33')
  await page.getByRole('button', { name: 'Show older' }).click()
  await expect(texts).toHaveCount(33)
  await expect(page.getByRole('button', { name: 'Show older' })).toHaveCount(0)
  await expect(page.getByRole('link', { name: /^Inbox/ })).toHaveAccessibleName('Inbox')

  await portal.killHub()
  await expect(page.getByText(/^Offline\. Last updated/)).toBeVisible({ timeout: 20_000 })
  await expect(texts).toHaveCount(33)
  await page.getByRole('button', { name: 'Archive Message from staff' }).first().click()
  await expect(
    page.getByText('Can’t reach Carrel. Check your connection and try again.').first(),
  ).toBeVisible()
  await tell(1, 'late')
  await portal.restartHub()
  await portal.bringBack(page)
  await expect(texts.first()).toHaveText('late 1')
})
