-- Makes everything that is derived from the tree's shape right again: counts of children, weights, sums, means, levels
-- and times of composites, and who is on public screens. Called, with the clock of the commit, in every transaction that makes,
-- moves, deletes or restores a space, changes its seats, or lets it on kiosks or takes it off. A leaf that got a child, and a
-- parent that lost its last one, starts unreported, and what was reported on it before counts no more. A leaf with none but
-- children that are not on kiosks stays a leaf. [OCC-9] [OCC-11] [OCC-12] [TRE-6] [TRE-7]
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
