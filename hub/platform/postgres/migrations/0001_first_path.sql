-- The tables of universities, spaces, reports and kiosks. Words as in shared/domain; rules as in RULES.md.
-- Every mirrored row carries the clock of the commit that last changed it; a commit locks its university first.

create table universities (
  id bigint generated always as identity primary key,
  name text not null check (length(name) between 1 and 200),
  email_domains text[] not null,
  is_approved boolean not null default true,
  timezone text not null,
  locale text not null default 'en' check (locale in ('en', 'sl', 'zh-TW')),
  -- Names one life of the database: rolls when the database went back in time.
  epoch text not null,
  -- Number of the newest commit: one step per commit, no gaps.
  clock bigint not null default 0 check (clock >= 0),
  -- Clock of the newest commit that changed more than levels: spaces' facts, kiosks' places, settings. What a hub keeps
  -- of those in memory holds as long as this stands still.
  facts_clock bigint not null default 0,
  settings jsonb not null default '{}',
  -- Opens the diagnostics page of its kiosks; scrypt. Null: the page stays shut. [SYN-22]
  diagnostics_pin_hash text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
) with (fillfactor = 50);

create table spaces (
  id bigint generated always as identity primary key,
  university_id bigint not null references universities on delete restrict,
  parent_id bigint,
  name text not null check (length(name) between 1 and 120),
  kind text not null,
  location text,
  details jsonb not null default '{}',
  -- Seats; null when unknown.
  capacity integer check (capacity > 0),
  -- Counts in its parent's average with this: own seats, or the sum of its leaves' seats; 1 where unknown. [OCC-4]
  weight bigint not null default 1 check (weight > 0),
  -- Live children. A leaf has none. [OCC-9]
  child_count integer not null default 0 check (child_count >= 0),
  -- 0 free, 1 busy, 2 full; null when never reported. A leaf's newest report, a composite's level of the mean. [OCC-1] [OCC-5]
  occupancy smallint check (occupancy in (0, 1, 2)),
  -- Millionths of a level (0 … 2,000,000), so that every sum is whole. [OCC-4]
  occupancy_mean integer check (occupancy_mean between 0 and 2000000),
  occupancy_updated_at timestamptz,
  -- The report that a leaf's level comes from: its commit, number and kiosk order it. [OCC-1]
  report_clock bigint,
  report_mutation_id bigint,
  report_kiosk_id bigint,
  -- Reports up to this clock count no more: the space was a composite since. [OCC-9] [OCC-11]
  counts_after_clock bigint not null default 0,
  -- A composite's running sums over its reported children: Σ weight, and Σ weight × mean.
  known_weight bigint not null default 0,
  known_sum bigint not null default 0,
  on_kiosks boolean not null default true,
  is_deleted boolean not null default false,
  -- Optimistic lock of the facts (name, kind, parent …); reports do not move it.
  version integer not null default 1,
  -- Clock of the commit that last changed anything that kiosks hold; and of the one that last changed its facts.
  clock bigint not null,
  facts_clock bigint not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (university_id, id),
  foreign key (university_id, parent_id) references spaces (university_id, id) on delete restrict,
  check (parent_id <> id)
) with (fillfactor = 50);
-- No index on clock: it would end heap-only updates and halve the group commit; a scan for "since" is cheap.
create index spaces_parent on spaces (parent_id) where not is_deleted;
create unique index spaces_sibling_names on spaces (university_id, parent_id, name) nulls not distinct where not is_deleted;

-- Weekly opening, in minutes of the university's local day. [HRS-1]
create table opening_hours (
  id bigint generated always as identity primary key,
  university_id bigint not null references universities on delete restrict,
  space_id bigint not null,
  day_of_week smallint not null check (day_of_week between 0 and 6),
  opens_minute smallint not null check (opens_minute between 0 and 1439),
  closes_minute smallint not null check (closes_minute between 1 and 1440),
  foreign key (university_id, space_id) references spaces (university_id, id) on delete cascade,
  check (opens_minute < closes_minute)
);
create index opening_hours_space on opening_hours (space_id);

-- A date unlike the week: closed, or open only in this span (several rows: several spans). [HRS-2]
create table closures (
  id bigint generated always as identity primary key,
  university_id bigint not null references universities on delete restrict,
  space_id bigint not null,
  on_date date not null,
  opens_minute smallint check (opens_minute between 0 and 1439),
  closes_minute smallint check (closes_minute between 1 and 1440),
  foreign key (university_id, space_id) references spaces (university_id, id) on delete cascade,
  check ((opens_minute is null) = (closes_minute is null)),
  check (opens_minute < closes_minute)
);
create index closures_space on closures (space_id);

create table kiosks (
  id bigint generated always as identity primary key,
  university_id bigint not null references universities on delete restrict,
  space_id bigint not null,
  role text not null check (role in ('door', 'entrance')),
  name text not null check (length(name) between 1 and 80),
  public_key text not null,
  key_grade text not null check (key_grade in ('file', 'store', 'open')),
  -- A forked device's new identity names the one that it was. [SYN-12]
  forked_from_id bigint,
  -- Some other kiosk carries mutations of this one: known ids must also be looked up by origin. [SYN-12]
  has_fork boolean not null default false,
  -- The last ticket issued and the last one confirmed, and the epoch in which they were. [SYN-11]
  ticket_epoch text,
  ticket_issued text,
  ticket_confirmed text,
  -- Number of its newest session; an older one commits nothing more. [SYN-12]
  session bigint not null default 0,
  last_mutation_id bigint not null default 0,
  settings jsonb not null default '{}',
  last_seen_at timestamptz,
  -- Device's wall clock minus hub time, as last heard. [SYN-16]
  clock_offset_ms bigint,
  outbox_depth integer,
  app_version text,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (university_id, id),
  foreign key (university_id, space_id) references spaces (university_id, id) on delete restrict,
  foreign key (university_id, forked_from_id) references kiosks (university_id, id) on delete restrict
) with (fillfactor = 50);
create index kiosks_university on kiosks (university_id);

-- Append-only. The origin is the kiosk and number under which a tap was first made; mostly the kiosk's own.
-- Space and kiosk carry no foreign key: the one writer has read and locked both in the same transaction, nothing that
-- a report names is ever deleted, and two checks per report would cost more than the report.
create table occupancy_reports (
  id bigint generated always as identity primary key,
  university_id bigint not null,
  space_id bigint not null,
  level smallint not null check (level in (0, 1, 2)),
  reported_at timestamptz not null,
  received_at timestamptz not null,
  clock bigint not null,
  kiosk_id bigint not null,
  mutation_id bigint not null,
  hash text not null,
  origin_kiosk_id bigint not null,
  origin_mutation_id bigint not null
);
-- The last line of exactly-once: one tap, one row. [SYN-2]
create unique index occupancy_reports_origin on occupancy_reports (origin_kiosk_id, origin_mutation_id, hash);
-- The newest remaining report of a space, for undo. [OCC-2]
create index occupancy_reports_space on occupancy_reports (space_id, reported_at);

-- Append-only: an undo is a row of its own. [OCC-2]
create table report_withdrawals (
  id bigint generated always as identity primary key,
  university_id bigint not null,
  occupancy_report_id bigint not null unique references occupancy_reports on delete restrict,
  received_at timestamptz not null,
  clock bigint not null,
  kiosk_id bigint not null,
  mutation_id bigint not null,
  hash text not null,
  origin_kiosk_id bigint not null,
  origin_mutation_id bigint not null
);
create unique index report_withdrawals_origin on report_withdrawals (origin_kiosk_id, origin_mutation_id, hash);

-- How a mutation ended that left no report and no withdrawal of its own number: refused, lost for good, or carried over
-- from an earlier identity ("done", its origin says where it counts). [SYN-7] [SYN-12] [SYN-18]
create table outcomes (
  kiosk_id bigint not null references kiosks on delete restrict,
  mutation_id bigint not null,
  university_id bigint not null references universities on delete restrict,
  hash text not null,
  origin_kiosk_id bigint not null,
  origin_mutation_id bigint not null,
  why text not null,
  clock bigint not null,
  created_at timestamptz not null,
  primary key (kiosk_id, mutation_id)
);

-- One-time codes with which a device becomes a kiosk. Only a hash is kept. [SYN-20]
create table enrolments (
  id bigint generated always as identity primary key,
  university_id bigint not null references universities on delete restrict,
  code_hash text not null unique,
  space_id bigint not null,
  role text not null check (role in ('door', 'entrance')),
  -- Set: the device takes the place, name and settings of this kiosk, which is revoked.
  replaces_kiosk_id bigint,
  expires_at timestamptz not null,
  used_at timestamptz,
  kiosk_id bigint,
  created_at timestamptz not null default now(),
  foreign key (university_id, space_id) references spaces (university_id, id) on delete restrict,
  foreign key (university_id, kiosk_id) references kiosks (university_id, id) on delete restrict,
  foreign key (university_id, replaces_kiosk_id) references kiosks (university_id, id) on delete restrict
);

-- Append-only: who did what.
create table change_logs (
  id bigint generated always as identity primary key,
  university_id bigint references universities on delete restrict,
  -- Who acted: "cli", "hub", or "kiosk 17". People come with their accounts.
  actor text not null,
  service text not null,
  subject text not null,
  log jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp()
);
create index change_logs_university on change_logs (university_id, id);

-- Keys of the hub, shared by all hubs on this database.
create table signing_keys (
  id bigint generated always as identity primary key,
  purpose text not null,
  secret bytea not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);
create unique index signing_keys_current on signing_keys (purpose) where retired_at is null;

-- Tries that are counted across all hubs, for example of a PIN.
create table rate_limits (
  bucket text primary key,
  count integer not null,
  resets_at timestamptz not null
);

-- Facts of the database cluster that the hubs remember, to see when it was replaced or went back in time. [SYN-17]
create table cluster_facts (
  name text primary key,
  value text not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete or truncate on occupancy_reports for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on report_withdrawals for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on change_logs for each statement execute function refuse_change();
