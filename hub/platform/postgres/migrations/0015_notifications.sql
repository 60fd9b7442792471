-- expand: Adds notices: what people are told, who is told it, and how many of each person's are new.

-- Something that people are told. It says nothing that is secret: ids, names of rooms, times in ms. [NTF-1]
create table notifications (
  id bigint generated always as identity primary key,
  university_id bigint not null references universities on delete restrict,
  -- Of the closed list in shared/domain/notice.ts.
  kind text not null,
  facts jsonb not null,
  -- What staff wrote themselves, in their own words.
  text text check (length(text) <= 2000),
  -- Null: nobody, or it is not known any more.
  made_by_id bigint references users on delete set null,
  created_at timestamptz not null,
  unique (university_id, id)
);
create index notifications_made_by on notifications (made_by_id) where made_by_id is not null;
-- For the purge, and for how often a university's staff wrote within an hour. [NTF-9] [NTF-12]
create index notifications_age on notifications (university_id, created_at);

-- Who is told it. Newest first of one person is the primary key read backwards.
create table notification_users (
  university_id bigint not null,
  notification_id bigint not null,
  user_id bigint not null references users on delete cascade,
  -- In whose name they are told; null: in their own, or that group is gone.
  group_id bigint references groups on delete set null,
  is_new boolean not null default true,
  archived_at timestamptz,
  -- queued: in mail_outbox since the same commit; waits: for the next digest; told: in a digest. [NTF-7] [NTF-8]
  mail_state text not null check (mail_state in ('none', 'queued', 'waits', 'told')),
  primary key (user_id, notification_id),
  foreign key (university_id, notification_id) references notifications (university_id, id) on delete cascade
);
create index notification_users_notification on notification_users (university_id, notification_id);
create index notification_users_new on notification_users (user_id, notification_id) where is_new;
create index notification_users_archived on notification_users (university_id, archived_at) where archived_at is not null;
create index notification_users_group on notification_users (group_id) where group_id is not null;
create index notification_users_waits on notification_users (user_id) where mail_state = 'waits';

-- How many are new, and the newest, of each person who was ever told something; with the clock of the commit that changed it.
create table inboxes (
  user_id bigint primary key references users on delete cascade,
  university_id bigint not null references universities on delete restrict,
  new_count integer not null check (new_count >= 0),
  newest_id bigint not null,
  clock bigint not null
);
create index inboxes_clock on inboxes (university_id, clock);
