-- The order of a university: whoever holds this lock is the next commit. NO KEY, because a plain FOR UPDATE would also block
-- every insert that refers to the university. `at` null: the database's own time, whole milliseconds. Only this function may
-- read a clock. Like all functions of the commit it is VOLATILE and runs in READ COMMITTED, where each statement inside takes
-- a new snapshot: it may lock first and read then. Lock and read must never be folded into one statement: that would read what
-- was there before it waited.
create or replace function lock_university(of_university bigint, at timestamptz default null)
returns table (clock bigint, facts_clock bigint, epoch text, now_ms bigint)
language plpgsql as $$
begin
  perform 1 from universities u where u.id = of_university for no key update;
  return query
    select u.clock, u.facts_clock, u.epoch,
      ms_of_time(date_trunc('milliseconds', coalesce(at, clock_timestamp())))
    from universities u where u.id = of_university;
end $$;
