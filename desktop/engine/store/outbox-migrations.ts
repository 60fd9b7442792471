/** Numbered migrations of `outbox.db`; never edited once released. */
export const OUTBOX_MIGRATIONS: readonly string[] = [
  `
  -- Who this device is. One row. The pending key is one that a hub was or will be told of: asked again, the same key
  -- gets the same answer.
  create table identity (
    one integer primary key check (one = 1),
    kiosk_id integer,
    university_id integer,
    private_key text,
    pending_key text,
    was_revoked integer not null default 0,
    ticket text,
    epoch text,
    contact_ms integer not null default 0
  ) strict;
  insert into identity (one) values (1);

  -- What this device wished for. Numbers are dense; the newest row is never pruned, so that none is given twice.
  create table mutations (
    id integer primary key,
    kind text not null,
    space_id integer not null,
    body text not null,
    hash text not null,
    level integer,
    -- The report that a withdraw takes back, by its number in this table; null when it is held no more.
    target_id integer,
    before_level integer,
    before_at_ms real,
    boot text not null,
    elapsed_ms real not null,
    contact_ms integer not null,
    -- Hub time of the tap, as well as the device could tell.
    at_ms integer not null,
    origin_kiosk_id integer,
    origin_id integer,
    origin_hash text,
    acked_head integer,
    -- Hub time of the ack, for the seven days.
    acked_at_ms integer,
    refusal text
  ) strict;
  -- The newest tap of a space.
  create index mutations_space on mutations (space_id);
  `,
]

/**
 * What was added to `outbox.db` since, in one transaction, where the column `fold` is missing. `user_version` stays 1: release 0.1
 * opens no file of a greater one, and reads one with further columns, since it names those that it reads. Kinds that it does not know
 * it sends and does not show. It does without the index on spaces. [KSK-21]
 */
export const OUTBOX_FOLD = {
  column: 'fold',
  sql: `
  -- What only its newest mutation may be merged into; null: none may.
  alter table mutations add column fold text;
  -- JSON of what its rows showed when it was made. Reports keep theirs in before_level and before_at_ms, for release 0.1.
  alter table mutations add column shown_before text;
  drop index if exists mutations_space;
  -- The newest mutation of a fold.
  create index mutations_fold on mutations (fold) where fold is not null;
  `,
} as const

/** Mutations of release 0.1 have no fold: those from before the column was added, and those of a program that was put back for a while. */
export const FILL_FOLDS =
  "update mutations set fold = 'spaces/' || space_id where fold is null and space_id > 0"
