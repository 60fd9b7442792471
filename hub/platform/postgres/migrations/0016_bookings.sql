-- expand: Adds rooms that can be booked, their rules, and bookings of them, single and weekly.

-- Bookings of one room must not overlap: the constraint compares numbers and ranges in one index. What the extension brings stands
-- apart from functions of our own.
create schema if not exists extensions;
create extension if not exists btree_gist with schema extensions;

-- A leaf of the tree that can be booked. Name, seats, equipment and floor are those of its space.
create table classrooms (
  id bigint generated always as identity primary key,
  university_id bigint not null references universities on delete restrict,
  space_id bigint not null unique references spaces on delete cascade,
  require_permission boolean not null default false,
  is_valid boolean not null default true,
  check_in text not null default 'off' check (check_in in ('off', 'person', 'door')),
  -- Of a row that was taken over from another system.
  old_id bigint,
  is_deleted boolean not null default false,
  version integer not null default 1,
  clock bigint not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index classrooms_university on classrooms (university_id);
create unique index classrooms_old_id on classrooms (university_id, old_id) where old_id is not null;

-- Rules for the rooms in a space, the type BookingRules. What a space does not say, the nearest one above it says. [BOK-10]
create table booking_rules (
  space_id bigint primary key references spaces on delete cascade,
  university_id bigint not null references universities on delete restrict,
  rules jsonb not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index booking_rules_university on booking_rules (university_id);

-- What people of a group may do in a room; group null: people without one. [BOK-9]
create table room_trust (
  classroom_id bigint not null references classrooms on delete cascade,
  group_id bigint references groups on delete cascade,
  trust text not null check (trust in ('book', 'request', 'none')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique nulls not distinct (classroom_id, group_id)
);
create index room_trust_group on room_trust (group_id);

-- Groups whose people decide on requests for a room, beside the super group.
create table room_approvers (
  classroom_id bigint not null references classrooms on delete cascade,
  group_id bigint not null references groups on delete cascade,
  created_at timestamptz not null default now(),
  primary key (classroom_id, group_id)
);
create index room_approvers_group on room_approvers (group_id);

-- Weekly bookings, in wall time of the university; an end at or before the start is on the next day.
create table longterm_registrations (
  id bigint generated always as identity primary key,
  university_id bigint not null references universities on delete restrict,
  classroom_id bigint not null references classrooms on delete restrict,
  user_id bigint references users on delete set null,
  group_id bigint references groups on delete set null,
  start_date date not null,
  end_date date not null,
  start_time time not null,
  end_time time not null,
  -- 0 Sunday … 6 Saturday.
  day_of_week smallint not null check (day_of_week between 0 and 6),
  description text,
  old_id bigint,
  is_deleted boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (start_date <= end_date)
);
create index longterm_registrations_classroom on longterm_registrations (classroom_id);
create index longterm_registrations_user on longterm_registrations (user_id);
create index longterm_registrations_group on longterm_registrations (group_id);
create unique index longterm_registrations_old_id on longterm_registrations (university_id, old_id) where old_id is not null;

-- Bookings, half-open [start_time, end_time). One is live while it is neither deleted nor ended; that it frees its span at frees_at
-- is decided by the time alone, and whoever needs the span after that ends the row. [BOK-1] [BOK-5]
create table registrations (
  id bigint generated always as identity primary key,
  university_id bigint not null references universities on delete restrict,
  classroom_id bigint not null references classrooms on delete restrict,
  -- Null: it was made at a door, or by somebody who is no longer there.
  user_id bigint references users on delete set null,
  kiosk_id bigint references kiosks on delete set null,
  -- Null: a personal booking, or one made at a door.
  group_id bigint references groups on delete set null,
  longterm_id bigint references longterm_registrations on delete restrict,
  -- Of the week of a weekly booking that it is; it keeps it when it is moved.
  longterm_date date,
  -- Somebody changed it by itself: changes of the weekly booking leave it alone. [BOK-52]
  is_exception boolean not null default false,
  draw_registration_id bigint,
  lease_id bigint,
  -- The booking that was moved here from another room.
  moved_from_id bigint references registrations on delete set null,
  start_time timestamptz not null,
  end_time timestamptz not null,
  importance smallint check (importance between 0 and 9),
  description text,
  is_pending boolean not null default false,
  checked_in_at timestamptz,
  -- When it frees its span unless something happens before, and how it has ended then.
  frees_at timestamptz,
  frees_as text check (frees_as in ('cancelled', 'rejected', 'lapsed', 'released', 'ended', 'moved')),
  -- When somebody ended it, who may undo that until frees_at.
  freed_at timestamptz,
  ended_as text check (ended_as in ('cancelled', 'rejected', 'lapsed', 'released', 'ended', 'moved')),
  -- Kiosks hold it. [SYN-31]
  mirrored boolean not null default false,
  old_id bigint,
  is_deleted boolean not null default false,
  version integer not null default 1,
  clock bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check (start_time < end_time),
  check ((frees_at is null) = (frees_as is null)),
  check (freed_at is null or frees_at is not null),
  constraint registrations_no_overlap exclude using gist (classroom_id with =, tstzrange(start_time, end_time, '[)') with &&)
    where (not is_deleted and ended_as is null)
);
create index registrations_room_time on registrations (classroom_id, end_time);
create index registrations_user_time on registrations (user_id, end_time);
create index registrations_group_time on registrations (group_id, end_time);
create index registrations_clock on registrations (university_id, clock);
create index registrations_longterm on registrations (longterm_id) where longterm_id is not null;
create unique index registrations_old_id on registrations (university_id, old_id) where old_id is not null;
-- For what time alone ends or asks: what is to be tidied, what nobody has decided.
create index registrations_frees_at on registrations (university_id, frees_at)
  where frees_at is not null and ended_as is null and not is_deleted;
