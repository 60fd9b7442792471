-- The functions of the commit and of the composite. All are VOLATILE and run in READ COMMITTED, where each statement
-- inside takes a new snapshot: a function may lock first and read then. Lock and read must never be folded into one
-- statement: it would read what was there before it waited. Only lock_university may read a clock.

create function time_of_ms(ms bigint) returns timestamptz immutable strict parallel safe language sql as
$$ select to_timestamp(ms / 1000.0::double precision) $$;

create function ms_of_time(at timestamptz) returns bigint immutable strict parallel safe language sql as
$$ select (extract(epoch from at) * 1000)::bigint $$;

-- The order of a university: whoever holds this lock is the next commit. NO KEY, because a plain FOR UPDATE would
-- also block every insert that refers to the university. `at` null: the database's own time, whole milliseconds.
create function lock_university(of_university bigint, at timestamptz default null)
returns table (clock bigint, facts_clock bigint, epoch text, now_ms bigint)
language plpgsql as $$
begin
  perform 1 from universities u where u.id = of_university for no key update;
  return query
    select u.clock, u.facts_clock, u.epoch,
      ms_of_time(date_trunc('milliseconds', coalesce(at, clock_timestamp())))
    from universities u where u.id = of_university;
end $$;

-- One composite's share of a change below it: what its running sums gain, the newest time below, and whether a
-- time went back, so that its own newest must be looked for again.
create type composite_change as (space_id bigint, weight bigint, weighted bigint, newest timestamptz, went_back boolean);

-- [OCC-4] in whole numbers: Σ weight × mean over Σ weight, rounded half up; null when nothing is known.
create function mean_of_sums(weighted bigint, weight bigint) returns integer immutable parallel safe language sql as
$$ select case when weight = 0 then null else ((2 * weighted + weight) / (2 * weight))::integer end $$;

-- [OCC-5]
create function level_of_mean(mean integer) returns smallint immutable parallel safe language sql as
$$ select (case when mean < 500000 then 0 when mean < 1500000 then 1 when mean is not null then 2 end)::smallint $$;

-- Adds changes to composites and climbs to the roots, one statement per level, each composite once per level. [OCC-12]
create function climb(changes composite_change[]) returns void language plpgsql
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
          then (select max(b.occupancy_updated_at) from spaces b where b.parent_id = p.id and not b.is_deleted)
          else greatest(p.occupancy_updated_at, c.newest) end
      from unnest(changes) c
      where p.id = c.space_id
      returning new.parent_id, new.weight,
        old.occupancy_mean as mean_before, new.occupancy_mean as mean_after,
        old.occupancy_updated_at as at_before, new.occupancy_updated_at as at_after
    ), summed as (
      select parent_id,
        sum(weight * ((mean_after is not null)::int - (mean_before is not null)::int))::bigint as weight,
        sum(weight * (coalesce(mean_after, 0) - coalesce(mean_before, 0)))::bigint as weighted,
        max(at_after) as newest,
        bool_or(at_before is not null and (at_after is null or at_after < at_before)) as went_back
      from changed where parent_id is not null group by parent_id
    )
    select array_agg(row(parent_id, weight, weighted, newest, went_back)::composite_change) into changes from summed;
  end loop;
end $$;

-- Everything that a batch of reports writes, set by set: the reports, the leaves' new values (each leaf once), their
-- ancestors, the kiosks' last ids, the clock. Decides nothing. Arrays of one group have the same length. [SYN-2] [OCC-12]
create function write_batch(
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
    returning new.parent_id, new.weight, new.is_deleted,
      old.occupancy_mean as mean_before, new.occupancy_mean as mean_after,
      old.occupancy_updated_at as at_before, new.occupancy_updated_at as at_after
  ), summed as (
    select parent_id,
      sum(weight * ((mean_after is not null)::int - (mean_before is not null)::int))::bigint as weight,
      sum(weight * (coalesce(mean_after, 0) - coalesce(mean_before, 0)))::bigint as weighted,
      max(at_after) as newest,
      bool_or(at_before is not null and (at_after is null or at_after < at_before)) as went_back
    from changed where parent_id is not null and not is_deleted group by parent_id
  )
  select array_agg(row(parent_id, weight, weighted, newest, went_back)::composite_change) into changes from summed;
  perform climb(changes);

  -- Who pushes has stored the ticket of its welcome: from here on an older one is a clone's. [SYN-12]
  update kiosks k set last_mutation_id = b.last_mutation_id, ticket_confirmed = k.ticket_issued
  from unnest(kiosk_ids, last_mutation_ids) b (id, last_mutation_id) where k.id = b.id;

  update universities set clock = new_clock where id = of_university;
end $$;

-- Makes everything that is derived from the tree's shape right again: counts of children, weights, sums, means, levels
-- and times of composites. Called, with the clock of the commit, in every transaction that makes, moves, deletes or
-- restores a space or changes its seats. A leaf that got a child, and a parent that lost its last one, starts
-- unreported, and what was reported on it before counts no more. [OCC-9] [OCC-11] [OCC-12]
create function rebuild_composites(of_university bigint, new_clock bigint) returns void language plpgsql as $$
declare
  composites bigint[];
  depths integer[];
begin
  with counted as (
    select s.id, (select count(*) from spaces c where c.parent_id = s.id and not c.is_deleted) as child_count
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
    where s.university_id = of_university and not s.is_deleted and s.child_count = 0 and s.parent_id is not null
    union all
    select a.capacity, p.parent_id from leaf_above a join spaces p on p.id = a.ancestor_id where p.parent_id is not null
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
      from unnest(composites, depths) d (id, depth) join spaces s on s.parent_id = d.id and not s.is_deleted
      where d.depth = current_depth and s.occupancy_mean is not null group by d.id
    ) c
    where p.id = c.id;
  end loop;
end $$;

-- What is shown of one space; the columns of shared/domain/occupancy.ts `Shown`. [OCC-6]
create type shown_space as (
  id bigint, parent_id bigint, depth integer, name text, kind text,
  level smallint, mean integer, reported_at timestamptz,
  known_count integer, leaf_count integer, free_count integer, capacity bigint, is_leaf boolean
);

-- What is shown of a university's tree at a moment: only leaves fresher than `stale` count. The same sums as `shown()`
-- in shared/domain/occupancy.ts; parents come after their children. [OCC-6] [OCC-13]
create function shown_tree(of_university bigint, at timestamptz, stale interval) returns setof shown_space
stable language plpgsql as $$
declare
  tree shown_space[];
  below shown_space[];
begin
  with recursive down as (
    select s.id, s.parent_id, 0 as depth from spaces s
    where s.university_id = of_university and s.parent_id is null and not s.is_deleted
    union all
    select s.id, s.parent_id, d.depth + 1 from down d join spaces s on s.parent_id = d.id and not s.is_deleted
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

-- The same interface for leaf and composite: what is stored of one space. No row: unknown or deleted.
create function get_occupancy(of_space bigint)
returns table (level smallint, mean integer, reported_at timestamptz, is_leaf boolean)
stable language sql as $$
  select occupancy, occupancy_mean, occupancy_updated_at, child_count = 0 from spaces where id = of_space and not is_deleted
$$;

-- Every live space below one, parents before children.
create function get_all_descendants(of_space bigint) returns table (id bigint, parent_id bigint, depth integer)
stable language sql as $$
  with recursive down as (
    select s.id, s.parent_id, 1 as depth from spaces s where s.parent_id = of_space and not s.is_deleted
    union all
    select s.id, s.parent_id, d.depth + 1 from down d join spaces s on s.parent_id = d.id and not s.is_deleted
  )
  select down.id, down.parent_id, down.depth from down order by down.depth, down.id
$$;
