-- The plain ways to do the same work, against which Carrel's figures are held. Installed into the bench's database only.

create schema bench;

-- One report per commit, with the functions that the hub itself commits with: lock, read, decide, write. One statement
-- from the client, so that no round trip is counted against it. The kiosk's next number is taken as its mutation id.
create function bench.report_alone(of_university bigint, of_kiosk bigint, of_space bigint, new_level int)
returns void language plpgsql as $$
declare
  locked record;
  kiosk record;
  leaf record;
begin
  select * into locked from lock_university(of_university);
  select k.last_mutation_id + 1 as next_id, k.revoked_at, k.space_id into kiosk from kiosks k where k.id = of_kiosk;
  select s.is_deleted, s.child_count, s.occupancy_updated_at, s.generation,
    exists (select 1 from spaces p where p.id = s.parent_id and p.id = kiosk.space_id) or s.id = kiosk.space_id as within
  into leaf from spaces s where s.university_id = of_university and s.id = of_space;
  if kiosk.revoked_at is not null or leaf.is_deleted or leaf.child_count > 0 or not leaf.within then
    raise exception 'refused';
  end if;
  perform write_batch(of_university, locked.clock + 1, locked.now_ms,
    array[of_kiosk], array[kiosk.next_id],
    array[of_space], array[leaf.generation], array[new_level::smallint], array[locked.now_ms], array[of_kiosk],
    array[kiosk.next_id], array['AAAAAAAAAAAAAAAAAAAAAA'], array[of_kiosk], array[kiosk.next_id],
    array[of_space], array[new_level::smallint], array[locked.now_ms], array[locked.clock + 1], array[kiosk.next_id],
    array[of_kiosk]);
end $$;

-- A batch of reports in one commit from one client: the same reads and writes, set by set. Every kiosk of the array
-- makes `per_kiosk` reports on the leaves below its space, in turn.
create function bench.report_together(of_university bigint, of_kiosks bigint[], per_kiosk int, seed int)
returns int language plpgsql as $$
declare
  locked record;
  made record;
begin
  select * into locked from lock_university(of_university);
  with kiosk as (
    select k.id, k.last_mutation_id, k.space_id from kiosks k where k.id = any(of_kiosks) and k.revoked_at is null
  ), tap as (
    select k.id as kiosk_id, k.last_mutation_id + number as mutation_id, leaf.id as space_id, leaf.generation,
      ((k.last_mutation_id + number + seed) % 3)::smallint as level
    from kiosk k
    cross join generate_series(1, per_kiosk) number
    cross join lateral (
      select s.id, s.generation from spaces s where s.parent_id = k.space_id and not s.is_deleted and s.child_count = 0
      order by s.id offset (k.last_mutation_id + number) % 10 limit 1
    ) leaf
  ), last as (
    select distinct on (space_id) space_id, level, kiosk_id, mutation_id from tap order by space_id, mutation_id desc
  )
  select
    (select array_agg(id) from kiosk) as kiosks,
    (select array_agg(last_mutation_id + per_kiosk) from kiosk) as lasts,
    (select array_agg(space_id) from tap) as spaces, (select array_agg(generation) from tap) as generations,
    (select array_agg(level) from tap) as levels,
    (select array_agg(locked.now_ms) from tap) as ats, (select array_agg(kiosk_id) from tap) as report_kiosks,
    (select array_agg(mutation_id) from tap) as mutations,
    (select array_agg('AAAAAAAAAAAAAAAAAAAAAA'::text) from tap) as hashes,
    (select array_agg(space_id) from last) as leaves, (select array_agg(level) from last) as leaf_levels,
    (select array_agg(locked.now_ms) from last) as leaf_ats, (select array_agg(locked.clock + 1) from last) as leaf_clocks,
    (select array_agg(mutation_id) from last) as leaf_mutations, (select array_agg(kiosk_id) from last) as leaf_kiosks
  into made;
  perform write_batch(of_university, locked.clock + 1, locked.now_ms, made.kiosks, made.lasts,
    made.spaces, made.generations, made.levels, made.ats, made.report_kiosks, made.mutations, made.hashes, made.report_kiosks, made.mutations,
    made.leaves, made.leaf_levels, made.leaf_ats, made.leaf_clocks, made.leaf_mutations, made.leaf_kiosks);
  return cardinality(made.spaces);
end $$;

-- Each report updates its ancestors in its own transaction: the rows of the path are locked in one order (by id), then
-- the change climbs by difference. Well planned: only primary keys are looked up.
create function bench.climb_alone(leaf bigint, new_level int) returns void language plpgsql as $$
declare
  path bigint[];
  child record;
begin
  with recursive up as (
    select s.id, s.parent_id, 0 as height from spaces s where s.id = leaf
    union all
    select p.id, p.parent_id, up.height + 1 from up join spaces p on p.id = up.parent_id
  )
  select array_agg(id order by height) into path from up;
  perform 1 from spaces where id = any(path) order by id for no key update;
  update spaces s set occupancy = new_level, occupancy_mean = new_level * 1000000, occupancy_updated_at = clock_timestamp()
  where s.id = leaf
  returning old.occupancy_mean as before, new.occupancy_mean as after, new.weight into child;
  for height in 2 .. cardinality(path) loop
    update spaces p set
      known_weight = p.known_weight + child.weight * ((child.after is not null)::int - (child.before is not null)::int),
      known_sum = p.known_sum + child.weight * (coalesce(child.after, 0) - coalesce(child.before, 0)),
      occupancy_mean = mean_of_sums(p.known_sum + child.weight * (coalesce(child.after, 0) - coalesce(child.before, 0)),
        p.known_weight + child.weight * ((child.after is not null)::int - (child.before is not null)::int)),
      occupancy = level_of_mean(mean_of_sums(
        p.known_sum + child.weight * (coalesce(child.after, 0) - coalesce(child.before, 0)),
        p.known_weight + child.weight * ((child.after is not null)::int - (child.before is not null)::int))),
      occupancy_updated_at = clock_timestamp()
    where p.id = path[height]
    returning old.occupancy_mean as before, new.occupancy_mean as after, new.weight into child;
  end loop;
end $$;

-- The same change for many leaves at once, through the hub's own climb: leaves and ancestors only, no report rows.
create function bench.climb_together(leaves bigint[], new_levels int[]) returns void language plpgsql as $$
declare
  changes composite_change[];
begin
  with changed as (
    update spaces s set occupancy = l.level, occupancy_mean = l.level * 1000000, occupancy_updated_at = clock_timestamp()
    from unnest(leaves, new_levels) l (id, level) where s.id = l.id
    returning new.parent_id, new.weight, old.occupancy_mean as before, new.occupancy_mean as after,
      old.occupancy_updated_at as at_before, new.occupancy_updated_at as at_after
  ), summed as (
    select parent_id,
      sum(weight * ((after is not null)::int - (before is not null)::int))::bigint as weight,
      sum(weight * (coalesce(after, 0) - coalesce(before, 0)))::bigint as weighted,
      max(at_after) as newest, bool_or(at_before is not null and at_after < at_before) as went_back
    from changed where parent_id is not null group by parent_id
  )
  select array_agg(row(parent_id, weight, weighted, newest, went_back)::composite_change) into changes from summed;
  perform climb(changes);
end $$;
