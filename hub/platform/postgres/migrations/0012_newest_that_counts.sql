-- expand: Reports know in which of their space's generations they count, so that an index finds the newest one that counts.
-- in steps: each is a transaction of its own, or a statement outside of any, and may run again.

-- How often all reports on a space up to then stopped counting: by a reset, by its first child, by the loss of its last. [OCC-11] [CON-5]
create or replace function begin_generation() returns trigger language plpgsql as $$
begin
  new.generation := old.generation + 1;
  return new;
end $$;
alter table spaces add column if not exists generation integer not null default 0;
create or replace trigger begin_generation before update of counts_after_clock on spaces
  for each row when (new.counts_after_clock <> old.counts_after_clock) execute function begin_generation();

-- step
-- A report has the generation of its space at its commit, and -1 once it is withdrawn. What stood before has 0: a constant
-- default, so that no row is written. From then on whoever writes a report names it, or else the trigger: for a hub of the
-- release before.
create or replace function fill_generation() returns trigger language plpgsql as $$
begin
  new.generation := coalesce((select s.generation from spaces s where s.id = new.space_id), 0);
  return new;
end $$;
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (
    (tg_table_name = 'change_logs' and current_setting('carrel.forgetting', true) = 'on')
    or (tg_table_name = 'occupancy_reports' and current_setting('carrel.withdrawing', true) = 'on')
  ) then
    return null;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create or replace function leave_generation() returns trigger language plpgsql as $$
begin
  perform set_config('carrel.withdrawing', 'on', true);
  update occupancy_reports r set generation = -1 from withdrawn w where r.id = w.occupancy_report_id;
  perform set_config('carrel.withdrawing', 'off', true);
  return null;
end $$;
alter table occupancy_reports add column if not exists generation integer not null default 0;
alter table occupancy_reports alter column generation drop default;
create or replace trigger fill_generation before insert on occupancy_reports
  for each row when (new.generation is null) execute function fill_generation();
create or replace trigger leave_generation after insert on report_withdrawals
  referencing new table as withdrawn for each statement execute function leave_generation();

-- step
select set_config('carrel.withdrawing', 'on', true);
update occupancy_reports r set generation = -1
  from report_withdrawals w where w.occupancy_report_id = r.id and r.generation <> -1;

-- step
-- One that was cut off while it was made is there, and of no use.
drop index concurrently if exists occupancy_reports_counting;

-- step
create index concurrently occupancy_reports_counting on occupancy_reports (space_id, generation, reported_at, clock);

-- step
-- With the old index beside it the planner takes that one where it does not know yet that a reset ended nearly all reports, and reads
-- them all. A hub of the release before finds a room's reports by the new one, and sorts them.
drop index concurrently if exists occupancy_reports_space;
