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
  id bigint generated always as identity primary key,
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

-- Keyed hashes of addresses whose account is gone: bans and cool-downs outlive it for their term. [IDN-11]
create table address_marks (
  address_hash text not null,
  kind text not null,
  until timestamptz not null,
  primary key (address_hash, kind)
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
