-- Refresh tokens whose answer was lost, and mail that was given up.

-- How often the same successor was given again late, or to another user agent, since when, and when last. [IDN-8]
alter table sessions
  add column repeat_count integer not null default 0,
  add column repeats_since timestamptz not null default clock_timestamp(),
  add column repeated_at timestamptz;

-- What staff must know of a mail that was given up: whose university, why, and enough of the address to know it by. [IDN-21]
alter table mail_outbox
  add column university_id bigint references universities on delete set null,
  add column failure text check (length(failure) <= 80),
  add column masked_to text check (length(masked_to) <= 260);
