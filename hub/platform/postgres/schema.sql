-- Written by `node hub/platform/postgres/dump-schema.ts --write` from a database with all migrations and functions; compared by a test.

set check_function_bodies = off;

create schema extensions; create extension btree_gist with schema extensions;

create type composite_change as (space_id bigint, weight bigint, weighted bigint, newest timestamp with time zone, went_back boolean);

create type shown_space as (id bigint, parent_id bigint, depth integer, name text, kind text, level smallint, mean integer, reported_at timestamp with time zone, known_count integer, leaf_count integer, free_count integer, capacity bigint, is_leaf boolean);

create table address_marks (
  address_hash text not null,
  kind text not null,
  until timestamp with time zone not null
);

create table backfills (
  name text not null,
  reached jsonb default '{}'::jsonb not null,
  row_count bigint default 0 not null,
  done_at timestamp with time zone
);

create table booking_rules (
  space_id bigint not null,
  university_id bigint not null,
  rules jsonb not null,
  version integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null
);

create table change_logs (
  id bigint generated always as identity not null,
  university_id bigint,
  actor text not null,
  service text not null,
  subject text not null,
  log jsonb default '{}'::jsonb not null,
  created_at timestamp with time zone default clock_timestamp() not null,
  user_id bigint,
  group_id bigint,
  address inet
);

create table classrooms (
  id bigint generated always as identity not null,
  university_id bigint not null,
  space_id bigint not null,
  require_permission boolean default false not null,
  is_valid boolean default true not null,
  check_in text default 'off'::text not null,
  old_id bigint,
  is_deleted boolean default false not null,
  version integer default 1 not null,
  clock bigint not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null
);

create table closures (
  id bigint generated always as identity not null,
  university_id bigint not null,
  space_id bigint not null,
  on_date date not null,
  opens_minute smallint,
  closes_minute smallint
);

create table cluster_facts (
  name text not null,
  value text not null
);

create table enrolments (
  id bigint generated always as identity not null,
  university_id bigint not null,
  code_hash text not null,
  space_id bigint not null,
  role text not null,
  replaces_kiosk_id bigint,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  kiosk_id bigint,
  created_at timestamp with time zone default now() not null
);

create table groups (
  id bigint generated always as identity not null,
  university_id bigint not null,
  name text not null,
  description text,
  gid_number bigint,
  is_super boolean default false not null,
  version integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null
);

create table inboxes (
  user_id bigint not null,
  university_id bigint not null,
  new_count integer not null,
  newest_id bigint not null,
  clock bigint not null
);

create table job_runs (
  job text not null,
  succeeded_at timestamp with time zone not null
);

create table kept_rows (
  university_id bigint not null,
  source_table text not null,
  old_id bigint not null,
  user_id bigint,
  group_id bigint,
  space_id bigint,
  facts jsonb not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null
);

create table kiosks (
  id bigint generated always as identity not null,
  university_id bigint not null,
  space_id bigint not null,
  role text not null,
  name text not null,
  public_key text not null,
  key_grade text not null,
  forked_from_id bigint,
  has_fork boolean default false not null,
  ticket_epoch text,
  ticket_issued text,
  ticket_confirmed text,
  session bigint default 0 not null,
  last_mutation_id bigint default 0 not null,
  settings jsonb default '{}'::jsonb not null,
  last_seen_at timestamp with time zone,
  clock_offset_ms bigint,
  outbox_depth integer,
  app_version text,
  revoked_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  silenced_at timestamp with time zone
) with (fillfactor=50);

create table live_tickets (
  ticket_hash text not null,
  session_id bigint not null,
  expires_at timestamp with time zone not null
);

create table longterm_registrations (
  id bigint generated always as identity not null,
  university_id bigint not null,
  classroom_id bigint not null,
  user_id bigint,
  group_id bigint,
  start_date date not null,
  end_date date not null,
  start_time time without time zone not null,
  end_time time without time zone not null,
  day_of_week smallint not null,
  description text,
  old_id bigint,
  is_deleted boolean default false not null,
  version integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null
);

create table mail_outbox (
  id bigint generated always as identity not null,
  key text not null,
  to_address text,
  template text not null,
  locale text not null,
  facts jsonb,
  tries integer default 0 not null,
  next_try_at timestamp with time zone default clock_timestamp() not null,
  sent_at timestamp with time zone,
  failed_at timestamp with time zone,
  created_at timestamp with time zone default clock_timestamp() not null,
  university_id bigint,
  failure text,
  masked_to text
);

create table mutations (
  university_id bigint not null,
  actor_kind text not null,
  actor_id bigint not null,
  id bigint,
  key text,
  kind text,
  hash text not null,
  origin_id bigint,
  origin_number bigint,
  outcome text not null,
  result json,
  clock bigint not null,
  at timestamp with time zone not null
);

create table notification_users (
  university_id bigint not null,
  notification_id bigint not null,
  user_id bigint not null,
  group_id bigint,
  is_new boolean default true not null,
  archived_at timestamp with time zone,
  mail_state text not null
);

create table notifications (
  id bigint generated always as identity not null,
  university_id bigint not null,
  kind text not null,
  facts jsonb not null,
  text text,
  made_by_id bigint,
  created_at timestamp with time zone not null
);

create table occupancy_reports (
  id bigint generated always as identity not null,
  university_id bigint not null,
  space_id bigint not null,
  level smallint not null,
  reported_at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  clock bigint not null,
  kiosk_id bigint,
  mutation_id bigint,
  hash text,
  origin_kiosk_id bigint,
  origin_mutation_id bigint,
  user_id bigint,
  idempotency_key text,
  generation integer not null
);

create table opening_hours (
  id bigint generated always as identity not null,
  university_id bigint not null,
  space_id bigint not null,
  day_of_week smallint not null,
  opens_minute smallint not null,
  closes_minute smallint not null
);

create table outcomes (
  kiosk_id bigint not null,
  mutation_id bigint not null,
  university_id bigint not null,
  hash text not null,
  origin_kiosk_id bigint not null,
  origin_mutation_id bigint not null,
  why text not null,
  clock bigint not null,
  created_at timestamp with time zone not null
);

create table rate_limits (
  bucket text not null,
  count integer not null,
  resets_at timestamp with time zone not null
);

create table registrations (
  id bigint generated always as identity not null,
  university_id bigint not null,
  classroom_id bigint not null,
  user_id bigint,
  kiosk_id bigint,
  group_id bigint,
  longterm_id bigint,
  longterm_date date,
  is_exception boolean default false not null,
  draw_registration_id bigint,
  lease_id bigint,
  moved_from_id bigint,
  start_time timestamp with time zone not null,
  end_time timestamp with time zone not null,
  importance smallint,
  description text,
  is_pending boolean default false not null,
  checked_in_at timestamp with time zone,
  frees_at timestamp with time zone,
  frees_as text,
  freed_at timestamp with time zone,
  ended_as text,
  mirrored boolean default false not null,
  old_id bigint,
  is_deleted boolean default false not null,
  version integer default 1 not null,
  clock bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null
);

create table report_withdrawals (
  id bigint generated always as identity not null,
  university_id bigint not null,
  occupancy_report_id bigint not null,
  received_at timestamp with time zone not null,
  clock bigint not null,
  kiosk_id bigint,
  mutation_id bigint,
  hash text,
  origin_kiosk_id bigint,
  origin_mutation_id bigint,
  user_id bigint
);

create table room_approvers (
  classroom_id bigint not null,
  group_id bigint not null,
  created_at timestamp with time zone default now() not null
);

create table room_trust (
  classroom_id bigint not null,
  group_id bigint,
  trust text not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null
);

create table schema_functions (
  name text not null,
  hash text not null,
  version text not null,
  applied_at timestamp with time zone default clock_timestamp() not null
);

create table schema_migrations (
  name text not null,
  hash text not null,
  applied_at timestamp with time zone default clock_timestamp() not null,
  kind text
);

create table sessions (
  id bigint generated always as identity not null,
  user_id bigint not null,
  family text not null,
  counter integer default 0 not null,
  refresh_hash text not null,
  rotated_at timestamp with time zone default clock_timestamp() not null,
  expires_at timestamp with time zone not null,
  user_agent text,
  address inet,
  confirmed_at timestamp with time zone default clock_timestamp() not null,
  last_seen_at timestamp with time zone default clock_timestamp() not null,
  revoked_at timestamp with time zone,
  created_at timestamp with time zone default clock_timestamp() not null,
  repeat_count integer default 0 not null,
  repeats_since timestamp with time zone default clock_timestamp() not null,
  repeated_at timestamp with time zone
);

create table setup_links (
  token_hash text not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone
);

create table signing_keys (
  id bigint generated always as identity not null,
  purpose text not null,
  secret bytea not null,
  created_at timestamp with time zone default now() not null,
  retired_at timestamp with time zone
);

create table spaces (
  id bigint generated always as identity not null,
  university_id bigint not null,
  parent_id bigint,
  name text not null,
  kind text not null,
  location text,
  details jsonb default '{}'::jsonb not null,
  capacity integer,
  weight bigint default 1 not null,
  child_count integer default 0 not null,
  occupancy smallint,
  occupancy_mean integer,
  occupancy_updated_at timestamp with time zone,
  report_clock bigint,
  report_mutation_id bigint,
  report_kiosk_id bigint,
  counts_after_clock bigint default 0 not null,
  known_weight bigint default 0 not null,
  known_sum bigint default 0 not null,
  on_kiosks boolean default true not null,
  is_deleted boolean default false not null,
  version integer default 1 not null,
  clock bigint not null,
  facts_clock bigint not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  created_by_id bigint,
  last_updated_by_id bigint,
  is_public boolean default true not null,
  deleted_clock bigint,
  was_on_kiosks boolean default false not null,
  texts jsonb default '{}'::jsonb not null,
  generation integer default 0 not null,
  had_hours boolean default false not null
) with (fillfactor=50);

create table universities (
  id bigint generated always as identity not null,
  name text not null,
  email_domains text[] not null,
  is_approved boolean default true not null,
  timezone text not null,
  locale text default 'en'::text not null,
  epoch text not null,
  clock bigint default 0 not null,
  facts_clock bigint default 0 not null,
  settings jsonb default '{}'::jsonb not null,
  diagnostics_pin_hash text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null
) with (fillfactor=50);

create table university_requests (
  id bigint generated always as identity not null,
  name text not null,
  email_domains text[] not null,
  timezone text not null,
  locale text default 'en'::text not null,
  contact text not null,
  asked_from text not null,
  token_hash text not null,
  expires_at timestamp with time zone not null,
  confirmed_at timestamp with time zone,
  decided_at timestamp with time zone,
  university_id bigint,
  created_at timestamp with time zone default now() not null
);

create table user_group (
  id bigint generated always as identity not null,
  university_id bigint not null,
  user_id bigint not null,
  group_id bigint not null,
  permissions text not null,
  is_from_directory boolean default false not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null
);

create table users (
  id bigint default random((1)::bigint, '9007199254740991'::bigint) not null,
  associated_university_id bigint,
  is_platform_admin boolean default false not null,
  username text,
  email text,
  email_key text,
  password_hash text,
  displayname text,
  locale text,
  is_active boolean default true not null,
  verified_at timestamp with time zone,
  directory text,
  directory_id text,
  last_login_time timestamp with time zone,
  last_login_ip inet,
  erased_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  directory_seen_at timestamp with time zone default now(),
  browsers_since timestamp with time zone default now() not null
);

create table users_tracked_spaces (
  user_id bigint not null,
  university_id bigint not null,
  space_id bigint not null,
  created_at timestamp with time zone default now() not null
);

create table verifications (
  id bigint generated always as identity not null,
  user_id bigint not null,
  purpose text not null,
  token_hash text not null,
  new_email text,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  created_at timestamp with time zone default now() not null
);

CREATE OR REPLACE FUNCTION public.begin_generation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.generation := old.generation + 1;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.climb(changes composite_change[])
 RETURNS void
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.fill_generation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.generation := coalesce((select s.generation from spaces s where s.id = new.space_id), 0);
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.forget_addresses(before timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.get_all_descendants(of_space bigint)
 RETURNS TABLE(id bigint, parent_id bigint, depth integer)
 LANGUAGE sql
 STABLE
AS $function$
  with recursive down as (
    select s.id, s.parent_id, 1 as depth from spaces s where s.parent_id = of_space and not s.is_deleted
    union all
    select s.id, s.parent_id, d.depth + 1 from down d join spaces s on s.parent_id = d.id and not s.is_deleted
  )
  select down.id, down.parent_id, down.depth from down order by down.depth, down.id
$function$;

CREATE OR REPLACE FUNCTION public.get_occupancy(of_space bigint)
 RETURNS TABLE(level smallint, mean integer, reported_at timestamp with time zone, is_leaf boolean)
 LANGUAGE sql
 STABLE
AS $function$
  select occupancy, occupancy_mean, occupancy_updated_at, child_count = 0 from spaces where id = of_space and not is_deleted
$function$;

CREATE OR REPLACE FUNCTION public.keep_had_hours()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update spaces set had_hours = true where id in (select space_id from made) and not had_hours;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.keep_outcomes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into mutations (university_id, actor_kind, actor_id, id, hash, origin_id, origin_number, outcome, clock, at)
  select university_id, 'kiosk', kiosk_id, mutation_id, hash,
    case when (origin_kiosk_id, origin_mutation_id) <> (kiosk_id, mutation_id) then origin_kiosk_id end,
    case when (origin_kiosk_id, origin_mutation_id) <> (kiosk_id, mutation_id) then origin_mutation_id end,
    why, clock, created_at
  from made on conflict do nothing;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.keep_person_report()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into mutations (university_id, actor_kind, actor_id, key, kind, hash, outcome, clock, at)
  values (new.university_id, 'person', new.user_id, new.idempotency_key, 'report of a person',
    translate(rtrim(encode(substring(sha256(convert_to(format(
      E'POST /spaces/:id/reports\n{"body":{"key":"%s","level":%s},"params":{"id":%s}}',
      new.idempotency_key, new.level, new.space_id), 'UTF8')) from 1 for 16), 'base64'), '='), '+/', '-_'),
    'done', new.clock, new.received_at)
  on conflict do nothing;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.keep_super_group()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.is_super and (tg_op = 'DELETE' or not new.is_super) then
    raise exception 'the super group of university % stays', old.university_id
      using errcode = 'integrity_constraint_violation', constraint = 'groups_super', table = 'groups';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $function$;

CREATE OR REPLACE FUNCTION public.keep_tree()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  space spaces;
  ancestor bigint;
  steps integer := 0;
begin
  -- Two transactions could each see the half that is right. Whoever changes the tree locks the university first, so
  -- this waits for nothing; it holds those back that forgot.
  perform 1 from universities where id = new.university_id for no key update;
  select * into space from spaces where id = new.id;
  if space.is_deleted then
    if exists (select 1 from spaces where parent_id = space.id and not is_deleted) then
      raise exception 'space % is deleted and has a live child', space.id
        using errcode = 'integrity_constraint_violation', constraint = 'spaces_live_parent', table = 'spaces';
    end if;
  elsif exists (select 1 from spaces where id = space.parent_id and is_deleted) then
    raise exception 'space % lives below a deleted one', space.id
      using errcode = 'integrity_constraint_violation', constraint = 'spaces_live_parent', table = 'spaces';
  end if;
  -- Every cycle holds an edge to a larger id or one that was moved: an insert below a smaller id alone closes none.
  if tg_op = 'INSERT' and space.parent_id < space.id then
    return null;
  end if;
  ancestor := space.parent_id;
  while ancestor is not null loop
    steps := steps + 1;
    -- A hundred is far beyond any house; it also ends the walk below a cycle that does not pass through this space.
    if ancestor = space.id or steps > 100 then
      raise exception 'space % would be its own ancestor', space.id
        using errcode = 'integrity_constraint_violation', constraint = 'spaces_no_cycle', table = 'spaces';
    end if;
    select parent_id into ancestor from spaces where id = ancestor;
  end loop;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.leave_generation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform set_config('carrel.withdrawing', 'on', true);
  update occupancy_reports r set generation = -1 from withdrawn w where r.id = w.occupancy_report_id;
  perform set_config('carrel.withdrawing', 'off', true);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.level_of_mean(mean integer)
 RETURNS smallint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select (case when mean < 500000 then 0 when mean < 1500000 then 1 when mean is not null then 2 end)::smallint $function$;

CREATE OR REPLACE FUNCTION public.lock_university(of_university bigint, at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS TABLE(clock bigint, facts_clock bigint, epoch text, now_ms bigint)
 LANGUAGE plpgsql
AS $function$
begin
  perform 1 from universities u where u.id = of_university for no key update;
  return query
    select u.clock, u.facts_clock, u.epoch,
      ms_of_time(date_trunc('milliseconds', coalesce(at, clock_timestamp())))
    from universities u where u.id = of_university;
end $function$;

CREATE OR REPLACE FUNCTION public.mean_of_sums(weighted bigint, weight bigint)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select case when weight = 0 then null else ((2 * weighted + weight) / (2 * weight))::integer end $function$;

CREATE OR REPLACE FUNCTION public.ms_of_time(at timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$ select (extract(epoch from at) * 1000)::bigint $function$;

CREATE OR REPLACE FUNCTION public.rebuild_composites(of_university bigint, new_clock bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'UPDATE' and (
    (tg_table_name = 'change_logs' and current_setting('carrel.forgetting', true) = 'on')
    or (tg_table_name = 'occupancy_reports' and current_setting('carrel.withdrawing', true) = 'on')
  ) then
    return null;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_rewriting()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.address is not null or to_jsonb(new) - 'address' is distinct from to_jsonb(old) - 'address' then
    raise exception '% only forgets addresses', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.remember_on_kiosks()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.was_on_kiosks := true;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.shown_tree(of_university bigint, at timestamp with time zone, stale interval)
 RETURNS SETOF shown_space
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.time_of_ms(ms bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$ select to_timestamp(ms / 1000.0::double precision) $function$;

CREATE OR REPLACE FUNCTION public.write_batch(of_university bigint, new_clock bigint, received_ms bigint, kiosk_ids bigint[], last_mutation_ids bigint[], report_spaces bigint[], report_generations integer[], report_levels smallint[], report_ats bigint[], report_kiosks bigint[], report_mutations bigint[], report_hashes text[], report_origin_kiosks bigint[], report_origin_mutations bigint[], leaf_spaces bigint[], leaf_levels smallint[], leaf_ats bigint[], leaf_clocks bigint[], leaf_mutations bigint[], leaf_kiosks bigint[])
 RETURNS void
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  changes composite_change[];
begin
  insert into occupancy_reports (university_id, space_id, generation, level, reported_at, received_at, clock,
      kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id)
  select of_university, r.space_id, r.generation, r.level, time_of_ms(r.at), time_of_ms(received_ms), new_clock,
      r.kiosk_id, r.mutation_id, r.hash, r.origin_kiosk_id, r.origin_mutation_id
  from unnest(report_spaces, report_generations, report_levels, report_ats, report_kiosks, report_mutations, report_hashes,
      report_origin_kiosks, report_origin_mutations)
    r (space_id, generation, level, at, kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id);

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
end $function$;

CREATE OR REPLACE FUNCTION public.write_batch(of_university bigint, new_clock bigint, received_ms bigint, kiosk_ids bigint[], last_mutation_ids bigint[], report_spaces bigint[], report_levels smallint[], report_ats bigint[], report_kiosks bigint[], report_mutations bigint[], report_hashes text[], report_origin_kiosks bigint[], report_origin_mutations bigint[], leaf_spaces bigint[], leaf_levels smallint[], leaf_ats bigint[], leaf_clocks bigint[], leaf_mutations bigint[], leaf_kiosks bigint[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform write_batch(of_university, new_clock, received_ms, kiosk_ids, last_mutation_ids,
    report_spaces, array_fill(null::integer, array[cardinality(report_spaces)]), report_levels, report_ats, report_kiosks,
    report_mutations, report_hashes, report_origin_kiosks, report_origin_mutations,
    leaf_spaces, leaf_levels, leaf_ats, leaf_clocks, leaf_mutations, leaf_kiosks);
end $function$;

create view settled as
 SELECT occupancy_reports.university_id,
    'kiosk'::text AS actor_kind,
    occupancy_reports.kiosk_id AS actor_id,
    occupancy_reports.mutation_id AS id,
    NULL::text AS key,
    'report'::text AS kind,
    occupancy_reports.hash,
    occupancy_reports.origin_kiosk_id AS origin_id,
    occupancy_reports.origin_mutation_id AS origin_number,
    'done'::text AS outcome,
    occupancy_reports.clock,
    occupancy_reports.received_at AS at
   FROM occupancy_reports
  WHERE (occupancy_reports.kiosk_id IS NOT NULL)
UNION ALL
 SELECT w.university_id,
    'kiosk'::text AS actor_kind,
    w.kiosk_id AS actor_id,
    w.mutation_id AS id,
    NULL::text AS key,
    'withdraw'::text AS kind,
    w.hash,
    w.origin_kiosk_id AS origin_id,
    w.origin_mutation_id AS origin_number,
    'done'::text AS outcome,
    w.clock,
    w.received_at AS at
   FROM (report_withdrawals w
     JOIN occupancy_reports r ON ((r.id = w.occupancy_report_id)))
  WHERE ((w.kiosk_id IS NOT NULL) AND ((r.kiosk_id IS DISTINCT FROM w.kiosk_id) OR (r.mutation_id IS DISTINCT FROM w.mutation_id)))
UNION ALL
 SELECT mutations.university_id,
    mutations.actor_kind,
    mutations.actor_id,
    mutations.id,
    mutations.key,
    mutations.kind,
    mutations.hash,
    COALESCE(mutations.origin_id, mutations.actor_id) AS origin_id,
    COALESCE(mutations.origin_number, mutations.id) AS origin_number,
    mutations.outcome,
    mutations.clock,
    mutations.at
   FROM mutations
  WHERE (mutations.id IS NOT NULL)
UNION ALL
 SELECT mutations.university_id,
    mutations.actor_kind,
    mutations.actor_id,
    mutations.id,
    mutations.key,
    mutations.kind,
    mutations.hash,
    NULL::bigint AS origin_id,
    NULL::bigint AS origin_number,
    mutations.outcome,
    mutations.clock,
    mutations.at
   FROM mutations
  WHERE (mutations.key IS NOT NULL)
UNION ALL
 SELECT o.university_id,
    'kiosk'::text AS actor_kind,
    o.kiosk_id AS actor_id,
    o.mutation_id AS id,
    NULL::text AS key,
    NULL::text AS kind,
    o.hash,
    o.origin_kiosk_id AS origin_id,
    o.origin_mutation_id AS origin_number,
    o.why AS outcome,
    o.clock,
    o.created_at AS at
   FROM outcomes o
  WHERE (NOT (EXISTS ( SELECT
           FROM mutations m
          WHERE ((m.actor_id = o.kiosk_id) AND (m.id = o.mutation_id)))));

CREATE INDEX booking_rules_university ON public.booking_rules USING btree (university_id);

CREATE INDEX change_logs_address ON public.change_logs USING btree (created_at) WHERE (address IS NOT NULL);

CREATE INDEX change_logs_university ON public.change_logs USING btree (university_id, id);

CREATE INDEX change_logs_user ON public.change_logs USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE UNIQUE INDEX classrooms_old_id ON public.classrooms USING btree (university_id, old_id) WHERE (old_id IS NOT NULL);

CREATE INDEX classrooms_university ON public.classrooms USING btree (university_id);

CREATE INDEX closures_space ON public.closures USING btree (space_id);

CREATE INDEX groups_gid ON public.groups USING btree (university_id, gid_number) WHERE (gid_number IS NOT NULL);

CREATE UNIQUE INDEX groups_name ON public.groups USING btree (university_id, lower(name));

CREATE UNIQUE INDEX groups_super ON public.groups USING btree (university_id) WHERE is_super;

CREATE INDEX inboxes_clock ON public.inboxes USING btree (university_id, clock);

CREATE INDEX kiosks_university ON public.kiosks USING btree (university_id);

CREATE INDEX longterm_registrations_classroom ON public.longterm_registrations USING btree (classroom_id);

CREATE INDEX longterm_registrations_group ON public.longterm_registrations USING btree (group_id);

CREATE UNIQUE INDEX longterm_registrations_old_id ON public.longterm_registrations USING btree (university_id, old_id) WHERE (old_id IS NOT NULL);

CREATE INDEX longterm_registrations_user ON public.longterm_registrations USING btree (user_id);

CREATE INDEX mail_outbox_waiting ON public.mail_outbox USING btree (next_try_at) WHERE ((sent_at IS NULL) AND (failed_at IS NULL));

CREATE INDEX mutations_internal_at ON public.mutations USING btree (at) WHERE starts_with(key, 'hub:'::text);

CREATE UNIQUE INDEX mutations_key ON public.mutations USING btree (actor_kind, actor_id, key) WHERE (key IS NOT NULL);

CREATE INDEX mutations_key_at ON public.mutations USING btree (at) WHERE (key IS NOT NULL);

CREATE UNIQUE INDEX mutations_number ON public.mutations USING btree (actor_id, id) WHERE (id IS NOT NULL);

CREATE INDEX mutations_origin ON public.mutations USING btree (origin_id, origin_number) WHERE (origin_id IS NOT NULL);

CREATE INDEX notification_users_archived ON public.notification_users USING btree (university_id, archived_at) WHERE (archived_at IS NOT NULL);

CREATE INDEX notification_users_group ON public.notification_users USING btree (group_id) WHERE (group_id IS NOT NULL);

CREATE INDEX notification_users_new ON public.notification_users USING btree (user_id, notification_id) WHERE is_new;

CREATE INDEX notification_users_notification ON public.notification_users USING btree (university_id, notification_id);

CREATE INDEX notification_users_waits ON public.notification_users USING btree (user_id) WHERE (mail_state = 'waits'::text);

CREATE INDEX notifications_age ON public.notifications USING btree (university_id, created_at);

CREATE INDEX notifications_made_by ON public.notifications USING btree (made_by_id) WHERE (made_by_id IS NOT NULL);

CREATE INDEX occupancy_reports_by_user ON public.occupancy_reports USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX occupancy_reports_counting ON public.occupancy_reports USING btree (space_id, generation, reported_at, clock);

CREATE UNIQUE INDEX occupancy_reports_origin ON public.occupancy_reports USING btree (origin_kiosk_id, origin_mutation_id, hash);

CREATE UNIQUE INDEX occupancy_reports_user ON public.occupancy_reports USING btree (user_id, idempotency_key) WHERE (user_id IS NOT NULL);

CREATE INDEX opening_hours_space ON public.opening_hours USING btree (space_id);

CREATE INDEX registrations_clock ON public.registrations USING btree (university_id, clock);

CREATE INDEX registrations_frees_at ON public.registrations USING btree (university_id, frees_at) WHERE ((frees_at IS NOT NULL) AND (ended_as IS NULL) AND (NOT is_deleted));

CREATE INDEX registrations_group_time ON public.registrations USING btree (group_id, end_time);

CREATE INDEX registrations_longterm ON public.registrations USING btree (longterm_id) WHERE (longterm_id IS NOT NULL);

CREATE UNIQUE INDEX registrations_old_id ON public.registrations USING btree (university_id, old_id) WHERE (old_id IS NOT NULL);

CREATE INDEX registrations_room_time ON public.registrations USING btree (classroom_id, end_time);

CREATE INDEX registrations_user_time ON public.registrations USING btree (user_id, end_time);

CREATE UNIQUE INDEX report_withdrawals_origin ON public.report_withdrawals USING btree (origin_kiosk_id, origin_mutation_id, hash);

CREATE INDEX room_approvers_group ON public.room_approvers USING btree (group_id);

CREATE INDEX room_trust_group ON public.room_trust USING btree (group_id);

CREATE INDEX sessions_user ON public.sessions USING btree (user_id) WHERE (revoked_at IS NULL);

CREATE UNIQUE INDEX signing_keys_current ON public.signing_keys USING btree (purpose) WHERE (retired_at IS NULL);

CREATE INDEX spaces_created_by ON public.spaces USING btree (created_by_id) WHERE (created_by_id IS NOT NULL);

CREATE INDEX spaces_parent ON public.spaces USING btree (parent_id) WHERE (NOT is_deleted);

CREATE UNIQUE INDEX spaces_public_names ON public.spaces USING btree (university_id, parent_id, name) NULLS NOT DISTINCT WHERE ((NOT is_deleted) AND on_kiosks);

CREATE INDEX university_requests_pending ON public.university_requests USING btree (id) WHERE (decided_at IS NULL);

CREATE INDEX user_group_user ON public.user_group USING btree (user_id);

CREATE UNIQUE INDEX users_directory ON public.users USING btree (associated_university_id, directory, directory_id) WHERE (directory_id IS NOT NULL);

CREATE UNIQUE INDEX users_email ON public.users USING btree (email_key) WHERE ((directory IS NULL) AND (email_key IS NOT NULL));

CREATE UNIQUE INDEX users_username ON public.users USING btree (associated_university_id, lower(username)) WHERE (username IS NOT NULL);

alter table address_marks add constraint address_marks_pkey PRIMARY KEY (address_hash, kind);

alter table backfills add constraint backfills_pkey PRIMARY KEY (name);

alter table booking_rules add constraint booking_rules_pkey PRIMARY KEY (space_id);

alter table change_logs add constraint change_logs_pkey PRIMARY KEY (id);

alter table classrooms add constraint classrooms_pkey PRIMARY KEY (id);

alter table closures add constraint closures_pkey PRIMARY KEY (id);

alter table cluster_facts add constraint cluster_facts_pkey PRIMARY KEY (name);

alter table enrolments add constraint enrolments_pkey PRIMARY KEY (id);

alter table groups add constraint groups_pkey PRIMARY KEY (id);

alter table inboxes add constraint inboxes_pkey PRIMARY KEY (user_id);

alter table job_runs add constraint job_runs_pkey PRIMARY KEY (job);

alter table kept_rows add constraint kept_rows_pkey PRIMARY KEY (university_id, source_table, old_id);

alter table kiosks add constraint kiosks_pkey PRIMARY KEY (id);

alter table live_tickets add constraint live_tickets_pkey PRIMARY KEY (ticket_hash);

alter table longterm_registrations add constraint longterm_registrations_pkey PRIMARY KEY (id);

alter table mail_outbox add constraint mail_outbox_pkey PRIMARY KEY (id);

alter table notification_users add constraint notification_users_pkey PRIMARY KEY (user_id, notification_id);

alter table notifications add constraint notifications_pkey PRIMARY KEY (id);

alter table occupancy_reports add constraint occupancy_reports_pkey PRIMARY KEY (id);

alter table opening_hours add constraint opening_hours_pkey PRIMARY KEY (id);

alter table outcomes add constraint outcomes_pkey PRIMARY KEY (kiosk_id, mutation_id);

alter table rate_limits add constraint rate_limits_pkey PRIMARY KEY (bucket);

alter table registrations add constraint registrations_pkey PRIMARY KEY (id);

alter table report_withdrawals add constraint report_withdrawals_pkey PRIMARY KEY (id);

alter table room_approvers add constraint room_approvers_pkey PRIMARY KEY (classroom_id, group_id);

alter table schema_functions add constraint schema_functions_pkey PRIMARY KEY (name);

alter table schema_migrations add constraint schema_migrations_pkey PRIMARY KEY (name);

alter table sessions add constraint sessions_pkey PRIMARY KEY (id);

alter table setup_links add constraint setup_links_pkey PRIMARY KEY (token_hash);

alter table signing_keys add constraint signing_keys_pkey PRIMARY KEY (id);

alter table spaces add constraint spaces_pkey PRIMARY KEY (id);

alter table universities add constraint universities_pkey PRIMARY KEY (id);

alter table university_requests add constraint university_requests_pkey PRIMARY KEY (id);

alter table user_group add constraint user_group_pkey PRIMARY KEY (id);

alter table users add constraint users_pkey PRIMARY KEY (id);

alter table users_tracked_spaces add constraint users_tracked_spaces_pkey PRIMARY KEY (user_id, space_id);

alter table verifications add constraint verifications_pkey PRIMARY KEY (id);

alter table classrooms add constraint classrooms_space_id_key UNIQUE (space_id);

alter table enrolments add constraint enrolments_code_hash_key UNIQUE (code_hash);

alter table groups add constraint groups_university_id_id_key UNIQUE (university_id, id);

alter table kiosks add constraint kiosks_university_id_id_key UNIQUE (university_id, id);

alter table mail_outbox add constraint mail_outbox_key_key UNIQUE (key);

alter table notifications add constraint notifications_university_id_id_key UNIQUE (university_id, id);

alter table report_withdrawals add constraint report_withdrawals_occupancy_report_id_key UNIQUE (occupancy_report_id);

alter table room_trust add constraint room_trust_classroom_id_group_id_key UNIQUE NULLS NOT DISTINCT (classroom_id, group_id);

alter table sessions add constraint sessions_family_key UNIQUE (family);

alter table spaces add constraint spaces_university_id_id_key UNIQUE (university_id, id);

alter table university_requests add constraint university_requests_token_hash_key UNIQUE (token_hash);

alter table user_group add constraint user_group_group_id_user_id_key UNIQUE (group_id, user_id);

alter table users add constraint users_associated_university_id_id_key UNIQUE (associated_university_id, id);

alter table verifications add constraint verifications_token_hash_key UNIQUE (token_hash);

alter table verifications add constraint verifications_user_id_purpose_key UNIQUE (user_id, purpose);

alter table classrooms add constraint classrooms_check_in_check CHECK ((check_in = ANY (ARRAY['off'::text, 'person'::text, 'door'::text])));

alter table closures add constraint closures_check CHECK (((opens_minute IS NULL) = (closes_minute IS NULL)));

alter table closures add constraint closures_check1 CHECK ((opens_minute < closes_minute));

alter table closures add constraint closures_closes_minute_check CHECK (((closes_minute >= 1) AND (closes_minute <= 1440)));

alter table closures add constraint closures_opens_minute_check CHECK (((opens_minute >= 0) AND (opens_minute <= 1439)));

alter table enrolments add constraint enrolments_role_check CHECK ((role = ANY (ARRAY['door'::text, 'entrance'::text])));

alter table groups add constraint groups_description_check CHECK ((length(description) <= 500));

alter table groups add constraint groups_gid_number_check CHECK (((gid_number >= 0) AND (gid_number <= '4294967295'::bigint)));

alter table groups add constraint groups_name_check CHECK (((length(name) >= 1) AND (length(name) <= 80)));

alter table inboxes add constraint inboxes_new_count_check CHECK ((new_count >= 0));

alter table kept_rows add constraint kept_rows_source_table_check CHECK ((source_table = ANY (ARRAY['classrooms'::text, 'draw_events'::text, 'draw_registrations'::text, 'longterm_registrations'::text, 'registrations'::text])));

alter table kiosks add constraint kiosks_key_grade_check CHECK ((key_grade = ANY (ARRAY['file'::text, 'store'::text, 'open'::text])));

alter table kiosks add constraint kiosks_name_check CHECK (((length(name) >= 1) AND (length(name) <= 80)));

alter table kiosks add constraint kiosks_role_check CHECK ((role = ANY (ARRAY['door'::text, 'entrance'::text])));

alter table longterm_registrations add constraint longterm_registrations_check CHECK ((start_date <= end_date));

alter table longterm_registrations add constraint longterm_registrations_day_of_week_check CHECK (((day_of_week >= 0) AND (day_of_week <= 6)));

alter table mail_outbox add constraint mail_outbox_failure_check CHECK ((length(failure) <= 80));

alter table mail_outbox add constraint mail_outbox_masked_to_check CHECK ((length(masked_to) <= 260));

alter table mutations add constraint mutations_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['kiosk'::text, 'person'::text, 'staff'::text])));

alter table mutations add constraint mutations_check CHECK ((num_nonnulls(id, key) = 1));

alter table mutations add constraint mutations_check1 CHECK (((actor_kind = 'kiosk'::text) = (id IS NOT NULL)));

alter table mutations add constraint mutations_check2 CHECK ((num_nonnulls(origin_id, origin_number) = ANY (ARRAY[0, 2])));

alter table mutations add constraint mutations_check3 CHECK (((id IS NOT NULL) OR (origin_id IS NULL)));

alter table notification_users add constraint notification_users_mail_state_check CHECK ((mail_state = ANY (ARRAY['none'::text, 'queued'::text, 'waits'::text, 'told'::text])));

alter table notifications add constraint notifications_text_check CHECK ((length(text) <= 2000));

alter table occupancy_reports add constraint occupancy_reports_check CHECK ((num_nonnulls(kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id) = ANY (ARRAY[0, 5])));

alter table occupancy_reports add constraint occupancy_reports_check1 CHECK (((kiosk_id IS NULL) = ((user_id IS NOT NULL) AND (idempotency_key IS NOT NULL))));

alter table occupancy_reports add constraint occupancy_reports_level_check CHECK ((level = ANY (ARRAY[0, 1, 2])));

alter table opening_hours add constraint opening_hours_check CHECK ((opens_minute < closes_minute));

alter table opening_hours add constraint opening_hours_closes_minute_check CHECK (((closes_minute >= 1) AND (closes_minute <= 1440)));

alter table opening_hours add constraint opening_hours_day_of_week_check CHECK (((day_of_week >= 0) AND (day_of_week <= 6)));

alter table opening_hours add constraint opening_hours_opens_minute_check CHECK (((opens_minute >= 0) AND (opens_minute <= 1439)));

alter table registrations add constraint registrations_check CHECK ((start_time < end_time));

alter table registrations add constraint registrations_check1 CHECK (((frees_at IS NULL) = (frees_as IS NULL)));

alter table registrations add constraint registrations_check2 CHECK (((freed_at IS NULL) OR (frees_at IS NOT NULL)));

alter table registrations add constraint registrations_ended_as_check CHECK ((ended_as = ANY (ARRAY['cancelled'::text, 'rejected'::text, 'lapsed'::text, 'released'::text, 'ended'::text, 'moved'::text])));

alter table registrations add constraint registrations_frees_as_check CHECK ((frees_as = ANY (ARRAY['cancelled'::text, 'rejected'::text, 'lapsed'::text, 'released'::text, 'ended'::text, 'moved'::text])));

alter table registrations add constraint registrations_importance_check CHECK (((importance >= 0) AND (importance <= 9)));

alter table registrations add constraint registrations_no_overlap EXCLUDE USING gist (classroom_id WITH =, tstzrange(start_time, end_time, '[)'::text) WITH &&) WHERE (((NOT is_deleted) AND (ended_as IS NULL)));

alter table report_withdrawals add constraint report_withdrawals_check CHECK ((num_nonnulls(kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id) = ANY (ARRAY[0, 5])));

alter table report_withdrawals add constraint report_withdrawals_check1 CHECK (((kiosk_id IS NULL) = (user_id IS NOT NULL)));

alter table room_trust add constraint room_trust_trust_check CHECK ((trust = ANY (ARRAY['book'::text, 'request'::text, 'none'::text])));

alter table schema_migrations add constraint schema_migrations_kind_check CHECK ((kind = ANY (ARRAY['expand'::text, 'contract'::text])));

alter table spaces add constraint spaces_capacity_check CHECK ((capacity > 0));

alter table spaces add constraint spaces_check CHECK ((parent_id <> id));

alter table spaces add constraint spaces_child_count_check CHECK ((child_count >= 0));

alter table spaces add constraint spaces_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120)));

alter table spaces add constraint spaces_occupancy_check CHECK ((occupancy = ANY (ARRAY[0, 1, 2])));

alter table spaces add constraint spaces_occupancy_mean_check CHECK (((occupancy_mean >= 0) AND (occupancy_mean <= 2000000)));

alter table spaces add constraint spaces_texts_check CHECK ((jsonb_typeof(texts) = 'object'::text));

alter table spaces add constraint spaces_weight_check CHECK ((weight > 0));

alter table universities add constraint universities_clock_check CHECK ((clock >= 0));

alter table universities add constraint universities_locale_check CHECK (((length(locale) <= 35) AND (locale ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'::text)));

alter table universities add constraint universities_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)));

alter table university_requests add constraint university_requests_email_domains_check CHECK (((cardinality(email_domains) >= 1) AND (cardinality(email_domains) <= 10)));

alter table university_requests add constraint university_requests_locale_check CHECK (((length(locale) <= 35) AND (locale ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'::text)));

alter table university_requests add constraint university_requests_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120)));

alter table user_group add constraint user_group_permissions_check CHECK ((permissions = ANY (ARRAY['admin'::text, 'member'::text])));

alter table users add constraint users_check CHECK (((associated_university_id IS NULL) = is_platform_admin));

alter table users add constraint users_check1 CHECK (((directory IS NULL) = (directory_id IS NULL)));

alter table users add constraint users_check2 CHECK (((directory IS NULL) OR (password_hash IS NULL)));

alter table users add constraint users_check3 CHECK (((email IS NULL) = (email_key IS NULL)));

alter table users add constraint users_check4 CHECK (((erased_at IS NULL) OR (num_nonnulls(username, email, password_hash, displayname, directory_id, last_login_ip) = 0)));

alter table users add constraint users_displayname_check CHECK (((length(displayname) >= 1) AND (length(displayname) <= 80)));

alter table users add constraint users_locale_check CHECK (((length(locale) <= 35) AND (locale ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'::text)));

alter table users add constraint users_username_check CHECK (((length(username) >= 1) AND (length(username) <= 64)));

alter table verifications add constraint verifications_check CHECK (((purpose = 'email'::text) = (new_email IS NOT NULL)));

alter table verifications add constraint verifications_purpose_check CHECK ((purpose = ANY (ARRAY['verify'::text, 'reset'::text, 'email'::text])));

alter table booking_rules add constraint booking_rules_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces(id) ON DELETE CASCADE;

alter table booking_rules add constraint booking_rules_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table change_logs add constraint change_logs_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table change_logs add constraint change_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE RESTRICT;

alter table classrooms add constraint classrooms_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces(id) ON DELETE CASCADE;

alter table classrooms add constraint classrooms_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table closures add constraint closures_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table closures add constraint closures_university_id_space_id_fkey FOREIGN KEY (university_id, space_id) REFERENCES spaces(university_id, id) ON DELETE CASCADE;

alter table enrolments add constraint enrolments_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table enrolments add constraint enrolments_university_id_kiosk_id_fkey FOREIGN KEY (university_id, kiosk_id) REFERENCES kiosks(university_id, id) ON DELETE RESTRICT;

alter table enrolments add constraint enrolments_university_id_replaces_kiosk_id_fkey FOREIGN KEY (university_id, replaces_kiosk_id) REFERENCES kiosks(university_id, id) ON DELETE RESTRICT;

alter table enrolments add constraint enrolments_university_id_space_id_fkey FOREIGN KEY (university_id, space_id) REFERENCES spaces(university_id, id) ON DELETE RESTRICT;

alter table groups add constraint groups_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table inboxes add constraint inboxes_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table inboxes add constraint inboxes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

alter table kept_rows add constraint kept_rows_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE SET NULL;

alter table kept_rows add constraint kept_rows_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces(id) ON DELETE SET NULL;

alter table kept_rows add constraint kept_rows_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table kept_rows add constraint kept_rows_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE SET NULL;

alter table kiosks add constraint kiosks_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table kiosks add constraint kiosks_university_id_forked_from_id_fkey FOREIGN KEY (university_id, forked_from_id) REFERENCES kiosks(university_id, id) ON DELETE RESTRICT;

alter table kiosks add constraint kiosks_university_id_space_id_fkey FOREIGN KEY (university_id, space_id) REFERENCES spaces(university_id, id) ON DELETE RESTRICT;

alter table longterm_registrations add constraint longterm_registrations_classroom_id_fkey FOREIGN KEY (classroom_id) REFERENCES classrooms(id) ON DELETE RESTRICT;

alter table longterm_registrations add constraint longterm_registrations_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE SET NULL;

alter table longterm_registrations add constraint longterm_registrations_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table longterm_registrations add constraint longterm_registrations_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE SET NULL;

alter table mail_outbox add constraint mail_outbox_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE SET NULL;

alter table mutations add constraint mutations_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table notification_users add constraint notification_users_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE SET NULL;

alter table notification_users add constraint notification_users_university_id_notification_id_fkey FOREIGN KEY (university_id, notification_id) REFERENCES notifications(university_id, id) ON DELETE CASCADE;

alter table notification_users add constraint notification_users_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

alter table notifications add constraint notifications_made_by_id_fkey FOREIGN KEY (made_by_id) REFERENCES users(id) ON DELETE SET NULL;

alter table notifications add constraint notifications_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table opening_hours add constraint opening_hours_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table opening_hours add constraint opening_hours_university_id_space_id_fkey FOREIGN KEY (university_id, space_id) REFERENCES spaces(university_id, id) ON DELETE CASCADE;

alter table outcomes add constraint outcomes_kiosk_id_fkey FOREIGN KEY (kiosk_id) REFERENCES kiosks(id) ON DELETE RESTRICT;

alter table outcomes add constraint outcomes_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table registrations add constraint registrations_classroom_id_fkey FOREIGN KEY (classroom_id) REFERENCES classrooms(id) ON DELETE RESTRICT;

alter table registrations add constraint registrations_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE SET NULL;

alter table registrations add constraint registrations_kiosk_id_fkey FOREIGN KEY (kiosk_id) REFERENCES kiosks(id) ON DELETE SET NULL;

alter table registrations add constraint registrations_longterm_id_fkey FOREIGN KEY (longterm_id) REFERENCES longterm_registrations(id) ON DELETE RESTRICT;

alter table registrations add constraint registrations_moved_from_id_fkey FOREIGN KEY (moved_from_id) REFERENCES registrations(id) ON DELETE SET NULL;

alter table registrations add constraint registrations_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table registrations add constraint registrations_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE SET NULL;

alter table report_withdrawals add constraint report_withdrawals_occupancy_report_id_fkey FOREIGN KEY (occupancy_report_id) REFERENCES occupancy_reports(id) ON DELETE RESTRICT;

alter table room_approvers add constraint room_approvers_classroom_id_fkey FOREIGN KEY (classroom_id) REFERENCES classrooms(id) ON DELETE CASCADE;

alter table room_approvers add constraint room_approvers_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;

alter table room_trust add constraint room_trust_classroom_id_fkey FOREIGN KEY (classroom_id) REFERENCES classrooms(id) ON DELETE CASCADE;

alter table room_trust add constraint room_trust_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;

alter table sessions add constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

alter table spaces add constraint spaces_created_by_id_fkey FOREIGN KEY (created_by_id) REFERENCES users(id) ON DELETE RESTRICT;

alter table spaces add constraint spaces_last_updated_by_id_fkey FOREIGN KEY (last_updated_by_id) REFERENCES users(id) ON DELETE RESTRICT;

alter table spaces add constraint spaces_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table spaces add constraint spaces_university_id_parent_id_fkey FOREIGN KEY (university_id, parent_id) REFERENCES spaces(university_id, id) ON DELETE RESTRICT;

alter table university_requests add constraint university_requests_university_id_fkey FOREIGN KEY (university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table user_group add constraint user_group_university_id_group_id_fkey FOREIGN KEY (university_id, group_id) REFERENCES groups(university_id, id) ON DELETE CASCADE;

alter table user_group add constraint user_group_university_id_user_id_fkey FOREIGN KEY (university_id, user_id) REFERENCES users(associated_university_id, id) ON DELETE CASCADE;

alter table users add constraint users_associated_university_id_fkey FOREIGN KEY (associated_university_id) REFERENCES universities(id) ON DELETE RESTRICT;

alter table users_tracked_spaces add constraint users_tracked_spaces_university_id_space_id_fkey FOREIGN KEY (university_id, space_id) REFERENCES spaces(university_id, id) ON DELETE CASCADE;

alter table users_tracked_spaces add constraint users_tracked_spaces_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

alter table verifications add constraint verifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.change_logs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER only_forgets BEFORE UPDATE ON public.change_logs FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER keep_had_hours AFTER INSERT ON public.closures REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION keep_had_hours();

CREATE TRIGGER keep_super_group BEFORE DELETE OR UPDATE OF is_super ON public.groups FOR EACH ROW EXECUTE FUNCTION keep_super_group();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.occupancy_reports FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER fill_generation BEFORE INSERT ON public.occupancy_reports FOR EACH ROW WHEN ((new.generation IS NULL)) EXECUTE FUNCTION fill_generation();

CREATE TRIGGER keep_person_report AFTER INSERT ON public.occupancy_reports FOR EACH ROW WHEN (((new.user_id IS NOT NULL) AND (new.idempotency_key !~~ 'level:%'::text) AND (new.received_at > (now() - '48:00:00'::interval)))) EXECUTE FUNCTION keep_person_report();

CREATE TRIGGER keep_had_hours AFTER INSERT ON public.opening_hours REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION keep_had_hours();

CREATE TRIGGER keep_outcomes AFTER INSERT ON public.outcomes REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION keep_outcomes();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.report_withdrawals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER leave_generation AFTER INSERT ON public.report_withdrawals REFERENCING NEW TABLE AS withdrawn FOR EACH STATEMENT EXECUTE FUNCTION leave_generation();

CREATE TRIGGER begin_generation BEFORE UPDATE OF counts_after_clock ON public.spaces FOR EACH ROW WHEN ((new.counts_after_clock <> old.counts_after_clock)) EXECUTE FUNCTION begin_generation();

CREATE CONSTRAINT TRIGGER keep_tree AFTER INSERT OR UPDATE OF parent_id, is_deleted ON public.spaces DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.parent_id IS NOT NULL) OR new.is_deleted)) EXECUTE FUNCTION keep_tree();

CREATE TRIGGER remember_on_kiosks BEFORE INSERT OR UPDATE OF on_kiosks ON public.spaces FOR EACH ROW WHEN ((new.on_kiosks AND (NOT new.was_on_kiosks))) EXECUTE FUNCTION remember_on_kiosks();
