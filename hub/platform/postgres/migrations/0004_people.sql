-- People: requests for universities, users, links that are mailed, sessions, groups, mail, and what people do to spaces.
-- Words as in shared/domain; rules as in RULES.md.

-- A wish for a university. It becomes one, with a row in universities, only when it is approved: what does not exist
-- cannot let anybody in.
create table university_requests (
  id bigint generated always as identity primary key,
  name text not null check (length(name) between 1 and 120),
  email_domains text[] not null check (cardinality(email_domains) between 1 and 10),
  timezone text not null,
  locale text not null default 'en' check (locale in ('en', 'sl', 'zh-TW')),
  contact text not null,
  -- Keyed hash of the address that it came from: the most pending ones are counted per address.
  asked_from text not null,
  token_hash text not null unique,
  expires_at timestamptz not null,
  confirmed_at timestamptz,
  decided_at timestamptz,
  university_id bigint references universities on delete restrict,
  created_at timestamptz not null default now()
);
create index university_requests_pending on university_requests (id) where decided_at is null;

create table users (
  -- Random, so that the number which an erased account leaves behind says nothing of when it came or who came beside it. [IDN-11]
  id bigint primary key default random(1::bigint, 9007199254740991::bigint),
  -- Null only for platform administrators.
  associated_university_id bigint references universities on delete restrict,
  is_platform_admin boolean not null default false,
  -- As the directory writes it; null for self-registered accounts.
  username text check (length(username) between 1 and 64),
  -- As typed, in normal form; and as compared.
  email text,
  email_key text,
  -- argon2id; null for users of a directory.
  password_hash text,
  displayname text check (length(displayname) between 1 and 80),
  locale text check (locale in ('en', 'sl', 'zh-TW')),
  is_active boolean not null default true,
  verified_at timestamptz,
  -- Name of the directory, and the stable id of the entry there.
  directory text,
  directory_id text,
  last_login_time timestamptz,
  last_login_ip inet,
  -- An erased account keeps an empty row, so that append-only tables keep an anonymous reference. [IDN-11]
  erased_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (associated_university_id, id),
  check ((associated_university_id is null) = is_platform_admin),
  check ((directory is null) = (directory_id is null)),
  check (directory is null or password_hash is null),
  check ((email is null) = (email_key is null)),
  check (erased_at is null or num_nonnulls(username, email, password_hash, displayname, directory_id, last_login_ip) = 0)
);
create unique index users_username on users (associated_university_id, lower(username)) where username is not null;
-- Addresses sign in and are unique among local accounts; a directory may say of its people what it likes.
create unique index users_email on users (email_key) where directory is null and email_key is not null;
create unique index users_directory on users (associated_university_id, directory, directory_id) where directory_id is not null;

-- Links that are mailed; only a hash is kept. One open link per user and purpose.
create table verifications (
  id bigint generated always as identity primary key,
  user_id bigint not null references users on delete cascade,
  purpose text not null check (purpose in ('verify', 'reset', 'email')),
  token_hash text not null unique,
  -- Of a change of address.
  new_email text,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now(),
  unique (user_id, purpose),
  check ((purpose = 'email') = (new_email is not null))
);

-- The link with which the first platform administrator is made.
create table setup_links (
  token_hash text primary key,
  expires_at timestamptz not null,
  used_at timestamptz
);

-- One row per sign-in. Its refresh token is a number of the family; each use steps on by one. [IDN-8]
create table sessions (
  id bigint generated always as identity primary key,
  user_id bigint not null references users on delete cascade,
  family text not null unique,
  counter integer not null default 0,
  -- Of the newest refresh token.
  refresh_hash text not null,
  rotated_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  user_agent text,
  address inet,
  -- When the password was given last; sensitive acts ask for ten minutes. [IDN-10]
  confirmed_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  revoked_at timestamptz,
  created_at timestamptz not null default clock_timestamp()
);
create index sessions_user on sessions (user_id) where revoked_at is null;

-- One-time tickets of the live socket; only a hash is kept. Lost at a crash, as they may be.
create unlogged table live_tickets (
  ticket_hash text primary key,
  session_id bigint not null,
  expires_at timestamptz not null
);

create table groups (
  id bigint generated always as identity primary key,
  university_id bigint not null references universities on delete restrict,
  name text not null check (length(name) between 1 and 80),
  description text check (length(description) <= 500),
  gid_number bigint check (gid_number between 0 and 4294967295),
  is_super boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (university_id, id)
);
create unique index groups_name on groups (university_id, lower(name));
-- At most one; that there is one at all is the affair of who makes a university and of the trigger below. [ACC-3]
create unique index groups_super on groups (university_id) where is_super;
create index groups_gid on groups (university_id, gid_number) where gid_number is not null;

create function keep_super_group() returns trigger language plpgsql as $$
begin
  if old.is_super and (tg_op = 'DELETE' or not new.is_super) then
    raise exception 'the super group of university % stays', old.university_id
      using errcode = 'integrity_constraint_violation', constraint = 'groups_super', table = 'groups';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger keep_super_group before update of is_super or delete on groups
  for each row execute function keep_super_group();

create table user_group (
  id bigint generated always as identity primary key,
  university_id bigint not null,
  user_id bigint not null,
  group_id bigint not null,
  permissions text not null check (permissions in ('admin', 'member')),
  -- Came with the directory's group, and goes with it.
  is_from_directory boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (group_id, user_id),
  foreign key (university_id, user_id) references users (associated_university_id, id) on delete cascade,
  foreign key (university_id, group_id) references groups (university_id, id) on delete cascade
);
create index user_group_user on user_group (user_id);

-- Universities that are there already get their super group.
insert into groups (university_id, name, is_super) select id, 'cspace', true from universities;

create table users_tracked_spaces (
  user_id bigint not null references users on delete cascade,
  university_id bigint not null,
  space_id bigint not null,
  created_at timestamptz not null default now(),
  primary key (user_id, space_id),
  foreign key (university_id, space_id) references spaces (university_id, id) on delete cascade
);

-- Mail that waits or was sent. What it says is kept only until then. [IDN-7]
create table mail_outbox (
  id bigint generated always as identity primary key,
  -- The same key is never queued twice.
  key text not null unique,
  to_address text,
  template text not null,
  locale text not null,
  facts jsonb,
  tries integer not null default 0,
  next_try_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz,
  failed_at timestamptz,
  created_at timestamptz not null default clock_timestamp()
);
create index mail_outbox_waiting on mail_outbox (next_try_at) where sent_at is null and failed_at is null;

-- When each job of the hubs last did what it should: a hub that is late with one is not ready.
create table job_runs (
  job text primary key,
  succeeded_at timestamptz not null
);

-- Keyed hashes of addresses whose account is gone: bans and cool-downs outlive it for their term. [IDN-11]
create table address_marks (
  address_hash text not null,
  kind text not null,
  until timestamptz not null,
  primary key (address_hash, kind)
);

-- Rows of the systems before, whose features are not there yet: kept as they came, tied to the people, groups and rooms
-- that they are here. [IMP-6]
create table kept_rows (
  university_id bigint not null references universities on delete restrict,
  source_table text not null
    check (source_table in ('classrooms', 'draw_events', 'draw_registrations', 'longterm_registrations', 'registrations')),
  old_id bigint not null,
  user_id bigint references users on delete set null,
  group_id bigint references groups on delete set null,
  space_id bigint references spaces on delete set null,
  facts jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (university_id, source_table, old_id)
);

-- Who acted, when it was a person, and from where.
alter table change_logs
  add column user_id bigint references users on delete restrict,
  add column group_id bigint,
  add column address inet;
create index change_logs_user on change_logs (user_id) where user_id is not null;
create index change_logs_address on change_logs (created_at) where address is not null;

-- The one change that a log of acts allows: it forgets addresses of the network after their term. [AUD-2]
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and tg_table_name = 'change_logs' and current_setting('carrel.forgetting', true) = 'on' then
    return null;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

-- Even then nothing but the address is lost.
create function refuse_rewriting() returns trigger language plpgsql as $$
begin
  if new.address is not null or to_jsonb(new) - 'address' is distinct from to_jsonb(old) - 'address' then
    raise exception '% only forgets addresses', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger only_forgets before update on change_logs for each row execute function refuse_rewriting();

create function forget_addresses(before timestamptz) returns integer language plpgsql as $$
declare
  forgotten integer;
begin
  perform set_config('carrel.forgetting', 'on', true);
  update change_logs set address = null where address is not null and created_at < before;
  get diagnostics forgotten = row_count;
  perform set_config('carrel.forgetting', 'off', true);
  update users set last_login_ip = null where last_login_ip is not null and last_login_time < before;
  update sessions set address = null where address is not null and last_seen_at < before;
  return forgotten;
end $$;

-- Reports and undos by people: the tap's name is then the user's and the key that the phone gave it.
alter table occupancy_reports
  alter column kiosk_id drop not null,
  alter column mutation_id drop not null,
  alter column hash drop not null,
  alter column origin_kiosk_id drop not null,
  alter column origin_mutation_id drop not null,
  add column user_id bigint,
  add column idempotency_key text,
  add check (num_nonnulls(kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id) in (0, 5)),
  add check ((kiosk_id is null) = (user_id is not null and idempotency_key is not null));
create unique index occupancy_reports_user on occupancy_reports (user_id, idempotency_key) where user_id is not null;
alter table report_withdrawals
  alter column kiosk_id drop not null,
  alter column mutation_id drop not null,
  alter column hash drop not null,
  alter column origin_kiosk_id drop not null,
  alter column origin_mutation_id drop not null,
  add column user_id bigint,
  add check (num_nonnulls(kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id) in (0, 5)),
  add check ((kiosk_id is null) = (user_id is not null));

alter table spaces
  add column created_by_id bigint references users on delete restrict,
  add column last_updated_by_id bigint references users on delete restrict;
create index spaces_created_by on spaces (created_by_id) where created_by_id is not null;

-- What a silenced kiosk says is kept and counts nowhere. [CON-4]
alter table kiosks add column silenced_at timestamptz;

-- Reports of one person, newest first: for their list and their limit. [CON-2]
create index occupancy_reports_by_user on occupancy_reports (user_id, id) where user_id is not null;

alter table spaces
  -- On public screens: on_kiosks, and so is everything above. Kept by rebuild_composites. [TRE-7]
  add column is_public boolean not null default true,
  -- Clock of the commit that deleted it: what went together comes back together. [TRE-10]
  add column deleted_clock bigint;
update spaces set deleted_clock = clock where is_deleted;

-- A space that is not on kiosks counts in no other: in the functions of the composite its edge upwards is cut. Below it,
-- sums go on as everywhere; so a leaf with none but such children stays a leaf, and letting one on is a change of the
-- tree's shape like any other. [TRE-6]

create or replace function climb(changes composite_change[]) returns void language plpgsql
set plan_cache_mode = force_generic_plan as $$
begin
  while changes is not null loop
    with changed as (
      update spaces p set
        known_weight = p.known_weight + c.weight,
        known_sum = p.known_sum + c.weighted,
        occupancy_mean = mean_of_sums(p.known_sum + c.weighted, p.known_weight + c.weight),
        occupancy = level_of_mean(mean_of_sums(p.known_sum + c.weighted, p.known_weight + c.weight)),
        occupancy_updated_at = case when c.went_back
          then (select max(b.occupancy_updated_at) from spaces b where b.parent_id = p.id and not b.is_deleted and b.on_kiosks)
          else greatest(p.occupancy_updated_at, c.newest) end
      from unnest(changes) c
      where p.id = c.space_id
      returning new.parent_id, new.weight, new.on_kiosks,
        old.occupancy_mean as mean_before, new.occupancy_mean as mean_after,
        old.occupancy_updated_at as at_before, new.occupancy_updated_at as at_after
    ), summed as (
      select parent_id,
        sum(weight * ((mean_after is not null)::int - (mean_before is not null)::int))::bigint as weight,
        sum(weight * (coalesce(mean_after, 0) - coalesce(mean_before, 0)))::bigint as weighted,
        max(at_after) as newest,
        bool_or(at_before is not null and (at_after is null or at_after < at_before)) as went_back
      from changed where parent_id is not null and on_kiosks group by parent_id
    )
    select array_agg(row(parent_id, weight, weighted, newest, went_back)::composite_change) into changes from summed;
  end loop;
end $$;

create or replace function write_batch(
  of_university bigint, new_clock bigint, received_ms bigint,
  kiosk_ids bigint[], last_mutation_ids bigint[],
  report_spaces bigint[], report_levels smallint[], report_ats bigint[], report_kiosks bigint[],
  report_mutations bigint[], report_hashes text[], report_origin_kiosks bigint[], report_origin_mutations bigint[],
  leaf_spaces bigint[], leaf_levels smallint[], leaf_ats bigint[], leaf_clocks bigint[], leaf_mutations bigint[],
  leaf_kiosks bigint[]
) returns void language plpgsql
set plan_cache_mode = force_generic_plan as $$
declare
  changes composite_change[];
begin
  insert into occupancy_reports (university_id, space_id, level, reported_at, received_at, clock,
      kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id)
  select of_university, r.space_id, r.level, time_of_ms(r.at), time_of_ms(received_ms), new_clock,
      r.kiosk_id, r.mutation_id, r.hash, r.origin_kiosk_id, r.origin_mutation_id
  from unnest(report_spaces, report_levels, report_ats, report_kiosks, report_mutations, report_hashes,
      report_origin_kiosks, report_origin_mutations)
    r (space_id, level, at, kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id);

  with changed as (
    update spaces s set
      occupancy = l.level,
      occupancy_mean = l.level * 1000000,
      occupancy_updated_at = time_of_ms(l.at),
      report_clock = l.clock, report_mutation_id = l.mutation_id, report_kiosk_id = l.kiosk_id,
      clock = new_clock
    from unnest(leaf_spaces, leaf_levels, leaf_ats, leaf_clocks, leaf_mutations, leaf_kiosks)
      l (space_id, level, at, clock, mutation_id, kiosk_id)
    where s.id = l.space_id
    returning new.parent_id, new.weight, new.is_deleted, new.on_kiosks,
      old.occupancy_mean as mean_before, new.occupancy_mean as mean_after,
      old.occupancy_updated_at as at_before, new.occupancy_updated_at as at_after
  ), summed as (
    select parent_id,
      sum(weight * ((mean_after is not null)::int - (mean_before is not null)::int))::bigint as weight,
      sum(weight * (coalesce(mean_after, 0) - coalesce(mean_before, 0)))::bigint as weighted,
      max(at_after) as newest,
      bool_or(at_before is not null and (at_after is null or at_after < at_before)) as went_back
    from changed where parent_id is not null and not is_deleted and on_kiosks group by parent_id
  )
  select array_agg(row(parent_id, weight, weighted, newest, went_back)::composite_change) into changes from summed;
  perform climb(changes);

  -- Who pushes has stored the ticket of its welcome: from here on an older one is a clone's. [SYN-12]
  update kiosks k set last_mutation_id = b.last_mutation_id, ticket_confirmed = k.ticket_issued
  from unnest(kiosk_ids, last_mutation_ids) b (id, last_mutation_id) where k.id = b.id;

  update universities set clock = new_clock where id = of_university;
end $$;

-- As before, and also: who is on public screens now. [TRE-6] [TRE-7]
create or replace function rebuild_composites(of_university bigint, new_clock bigint) returns void language plpgsql as $$
declare
  composites bigint[];
  depths integer[];
begin
  with recursive down as (
    select id, on_kiosks as is_public from spaces
    where university_id = of_university and parent_id is null and not is_deleted
    union all
    select s.id, d.is_public and s.on_kiosks from down d join spaces s on s.parent_id = d.id and not s.is_deleted
  )
  update spaces s set is_public = d.is_public, clock = new_clock, facts_clock = new_clock
  from down d where s.id = d.id and s.is_public <> d.is_public;

  with counted as (
    select s.id, (select count(*) from spaces c
        where c.parent_id = s.id and not c.is_deleted and c.on_kiosks) as child_count
    from spaces s where s.university_id = of_university and not s.is_deleted
  )
  update spaces s set
    child_count = c.child_count,
    occupancy = null, occupancy_mean = null, occupancy_updated_at = null,
    report_clock = null, report_mutation_id = null, report_kiosk_id = null,
    known_weight = 0, known_sum = 0,
    counts_after_clock = case when (s.child_count = 0) <> (c.child_count = 0) then new_clock else s.counts_after_clock end,
    clock = case when (s.child_count = 0) <> (c.child_count = 0) then new_clock else s.clock end
  from counted c
  where s.id = c.id and (c.child_count > 0 or s.child_count > 0);

  with recursive leaf_above as (
    select s.capacity, s.parent_id as ancestor_id from spaces s
    where s.university_id = of_university and not s.is_deleted and s.child_count = 0
      and s.parent_id is not null and s.on_kiosks
    union all
    select a.capacity, p.parent_id from leaf_above a join spaces p on p.id = a.ancestor_id
    where p.parent_id is not null and p.on_kiosks
  ), seats as (
    select ancestor_id as id, coalesce(sum(capacity), 1) as weight from leaf_above group by ancestor_id
    union all
    select id, coalesce(capacity, 1) from spaces where university_id = of_university and not is_deleted and child_count = 0
  )
  update spaces s set weight = seats.weight from seats where s.id = seats.id and s.weight <> seats.weight;

  with recursive down as (
    select id, child_count, 0 as depth from spaces
    where university_id = of_university and parent_id is null and not is_deleted
    union all
    select s.id, s.child_count, d.depth + 1 from down d join spaces s on s.parent_id = d.id and not s.is_deleted
  )
  select array_agg(id), array_agg(depth) into composites, depths from down where child_count > 0;

  for current_depth in reverse coalesce((select max(d) from unnest(depths) d), -1) .. 0 loop
    update spaces p set
      known_weight = c.weight, known_sum = c.weighted, occupancy_updated_at = c.newest,
      occupancy_mean = mean_of_sums(c.weighted, c.weight),
      occupancy = level_of_mean(mean_of_sums(c.weighted, c.weight))
    from (
      select d.id, sum(s.weight)::bigint as weight, sum(s.weight * s.occupancy_mean)::bigint as weighted,
        max(s.occupancy_updated_at) as newest
      from unnest(composites, depths) d (id, depth) join spaces s on s.parent_id = d.id and not s.is_deleted and s.on_kiosks
      where d.depth = current_depth and s.occupancy_mean is not null group by d.id
    ) c
    where p.id = c.id;
  end loop;
end $$;

-- The tree on public screens. [OCC-13] [TRE-6]
create or replace function shown_tree(of_university bigint, at timestamptz, stale interval) returns setof shown_space
stable language plpgsql as $$
declare
  tree shown_space[];
  below shown_space[];
begin
  with recursive down as (
    select s.id, s.parent_id, 0 as depth from spaces s
    where s.university_id = of_university and s.parent_id is null and not s.is_deleted and s.on_kiosks
    union all
    select s.id, s.parent_id, d.depth + 1 from down d join spaces s
      on s.parent_id = d.id and not s.is_deleted and s.on_kiosks
  ), aged as (
    select s.id, s.parent_id, d.depth, s.name, s.kind, s.occupancy, s.occupancy_updated_at, s.capacity,
      s.child_count = 0 as is_leaf,
      coalesce(s.child_count = 0 and at - s.occupancy_updated_at < stale and s.occupancy is not null, false) as is_fresh
    from down d join spaces s on s.id = d.id
  )
  select array_agg(row(id, parent_id, depth, name, kind,
      case when is_fresh then occupancy end, case when is_fresh then occupancy * 1000000 end,
      case when is_leaf then occupancy_updated_at end,
      is_fresh::int, 1, (is_fresh and occupancy = 0)::int, capacity::bigint, is_leaf)::shown_space)
  into tree from aged;

  for current_depth in reverse coalesce((select max(t.depth) from unnest(tree) t), -1) .. 0 loop
    with summed as (
      select b.parent_id as id,
        mean_of_sums(
          coalesce(sum(coalesce(b.capacity, 1) * b.mean), 0)::bigint,
          coalesce(sum(coalesce(b.capacity, 1)) filter (where b.mean is not null), 0)::bigint) as mean,
        coalesce(max(b.reported_at) filter (where b.known_count > 0), max(b.reported_at)) as reported_at,
        sum(b.known_count)::int as known_count, sum(b.leaf_count)::int as leaf_count,
        sum(b.free_count)::int as free_count, nullif(coalesce(sum(b.capacity), 0), 0)::bigint as capacity
      from unnest(below) b group by b.parent_id
    )
    select array_agg(case when t.is_leaf then t else row(t.id, t.parent_id, t.depth, t.name, t.kind,
        level_of_mean(s.mean), s.mean, s.reported_at, s.known_count, s.leaf_count, s.free_count, s.capacity,
        false)::shown_space end)
    into below from unnest(tree) t left join summed s on s.id = t.id where t.depth = current_depth;
    return query select * from unnest(below);
  end loop;
end $$;
