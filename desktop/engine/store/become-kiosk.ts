import { readIdentity } from './outbox-statements.ts'
import type { Sqlite } from './sqlite.ts'

/**
 * Makes the pending key this device's identity, and renumbers the mutations that `carry` names; the others are deleted. To be
 * called inside a transaction. Throws what SQLite throws. [SYN-12] [SYN-20]
 */
export function becomeKiosk(
  sqlite: Sqlite,
  kioskId: number,
  universityId: number,
  carry: 'waiting' | 'retained' | 'nothing',
): void {
  const old = readIdentity(sqlite)
  if (carry === 'nothing' || old.kioskId === null) sqlite.exec('delete from mutations')
  else renumber(sqlite, old.kioskId, carry)
  sqlite
    .prepare<[number, number]>(
      `update identity set kiosk_id = ?, university_id = ?, private_key = pending_key, pending_key = null,
              was_revoked = 0, ticket = null, epoch = null`,
    )
    .run(kioskId, universityId)
}

/**
 * Gives what is carried over new ids from 1 on, all waiting again, each naming its origin: the first kiosk and id that it
 * had, also after several forks. What the hub refused is final and is deleted.
 */
function renumber(sqlite: Sqlite, oldKioskId: number, carry: 'waiting' | 'retained'): void {
  if (carry === 'waiting') sqlite.exec('delete from mutations where acked_head is not null')
  sqlite.exec('delete from mutations where refusal is not null')
  sqlite.exec(
    'create temp table carried as select id as old_id, row_number() over (order by id) as new_id from mutations',
  )
  sqlite.exec('create unique index temp.carried_old on carried (old_id)')
  sqlite
    .prepare<[number]>(
      `update mutations set origin_id = coalesce(origin_id, id), origin_hash = coalesce(origin_hash, hash),
              origin_kiosk_id = coalesce(origin_kiosk_id, ?), acked_head = null, acked_at_ms = null,
              target_id = (select new_id from carried where old_id = target_id)`,
    )
    .run(oldKioskId)
  // Through negative ids: a new id may still be another row's old one.
  sqlite.exec('update mutations set id = -(select new_id from carried where old_id = id)')
  sqlite.exec('update mutations set id = -id')
  sqlite.exec('drop table temp.carried')
}
