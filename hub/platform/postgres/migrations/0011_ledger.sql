-- expand: Adds the ledger of what was asked for and how it ended, filled from the tables of release 0.1 too.

-- How each wish for a change ended, under the name that its actor gave it: a kiosk's number, or the key of a person or of
-- staff. A report or withdrawal of a kiosk that was accepted under its own number has no row here: its row in
-- occupancy_reports or report_withdrawals is its entry. The view "settled" has all of them. [SYN-50]
create table mutations (
  university_id bigint not null references universities on delete restrict,
  actor_kind text not null check (actor_kind in ('kiosk', 'person', 'staff')),
  -- A kiosk, a user; 0 for staff at the command line.
  actor_id bigint not null,
  -- What its actor calls it. A key that begins with "hub:" is of the hub's own making. [SYN-54]
  id bigint,
  key text,
  -- Word of the command; null where release 0.1 kept none, and for lost numbers. [SYN-18]
  kind text,
  hash text not null,
  -- Of a kiosk's mutation that was first made under another identity. [SYN-12]
  origin_id bigint,
  origin_number bigint,
  -- "done", or why it was refused.
  outcome text not null,
  -- The answer to a key, as it was given. Null: none is kept, the row that was made is the answer.
  result json,
  clock bigint not null,
  at timestamptz not null,
  check (num_nonnulls(id, key) = 1),
  check ((actor_kind = 'kiosk') = (id is not null)),
  check (num_nonnulls(origin_id, origin_number) in (0, 2)),
  check (id is not null or origin_id is null)
);
create unique index mutations_number on mutations (actor_id, id) where id is not null;
create unique index mutations_key on mutations (actor_kind, actor_id, key) where key is not null;
create index mutations_origin on mutations (origin_id, origin_number) where origin_id is not null;
-- For the sweep of old keys. [SYN-53]
create index mutations_key_at on mutations (at) where key is not null;

-- How far work is that fills tables from others, in small pieces beside everything else; done_at null: not done yet. [SYN-56]
create table backfills (
  name text primary key,
  reached jsonb not null default '{}',
  row_count bigint not null default 0,
  done_at timestamptz
);

-- A hub of release 0.1 beside this one writes outcomes alone.
create function keep_outcomes() returns trigger language plpgsql as $$
begin
  insert into mutations (university_id, actor_kind, actor_id, id, hash, origin_id, origin_number, outcome, clock, at)
  select university_id, 'kiosk', kiosk_id, mutation_id, hash,
    case when (origin_kiosk_id, origin_mutation_id) <> (kiosk_id, mutation_id) then origin_kiosk_id end,
    case when (origin_kiosk_id, origin_mutation_id) <> (kiosk_id, mutation_id) then origin_mutation_id end,
    why, clock, created_at
  from made on conflict do nothing;
  return null;
end $$;
create trigger keep_outcomes after insert on outcomes referencing new table as made
  for each statement execute function keep_outcomes();

-- And keys of people only with their reports. The hash is that of the call which such a hub was sent.
create function keep_person_report() returns trigger language plpgsql as $$
begin
  insert into mutations (university_id, actor_kind, actor_id, key, kind, hash, outcome, clock, at)
  values (new.university_id, 'person', new.user_id, new.idempotency_key, 'report of a person',
    translate(rtrim(encode(substring(sha256(convert_to(format(
      E'POST /spaces/:id/reports\n{"body":{"key":"%s","level":%s},"params":{"id":%s}}',
      new.idempotency_key, new.level, new.space_id), 'UTF8')) from 1 for 16), 'base64'), '='), '+/', '-_'),
    'done', new.clock, new.received_at)
  on conflict do nothing;
  return null;
end $$;
-- Keys of corrections are nobody's: they are made anew for each. [CON-5]
create trigger keep_person_report after insert on occupancy_reports for each row
  when (new.user_id is not null and new.idempotency_key not like 'level:%') execute function keep_person_report();

-- Everything that was settled, by whomever, each once. [SYN-50]
create view settled as
  select university_id, 'kiosk' as actor_kind, kiosk_id as actor_id, mutation_id as id, null as key, 'report' as kind, hash,
    origin_kiosk_id as origin_id, origin_mutation_id as origin_number, 'done' as outcome, clock, received_at as at
  from occupancy_reports where kiosk_id is not null
  union all
  -- What a muted kiosk reports is withdrawn under the same number by the commit that takes it. [CON-4]
  select w.university_id, 'kiosk', w.kiosk_id, w.mutation_id, null, 'withdraw', w.hash, w.origin_kiosk_id, w.origin_mutation_id,
    'done', w.clock, w.received_at
  from report_withdrawals w join occupancy_reports r on r.id = w.occupancy_report_id
  where w.kiosk_id is not null and (r.kiosk_id, r.mutation_id) is distinct from (w.kiosk_id, w.mutation_id)
  union all
  select university_id, actor_kind, actor_id, id, key, kind, hash, coalesce(origin_id, actor_id), coalesce(origin_number, id),
    outcome, clock, at
  from mutations where id is not null
  union all
  select university_id, actor_kind, actor_id, id, key, kind, hash, null, null, outcome, clock, at
  from mutations where key is not null
  union all
  -- Not in the ledger yet. [SYN-56]
  select university_id, 'kiosk', kiosk_id, mutation_id, null, null, hash, origin_kiosk_id, origin_mutation_id, why, clock, created_at
  from outcomes o where not exists (select from mutations m where m.actor_id = o.kiosk_id and m.id = o.mutation_id);
