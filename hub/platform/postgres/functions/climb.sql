-- Adds changes to composites and climbs to the roots, one statement per level, each composite once per level. A space that
-- is not on kiosks counts in no other: its edge upwards is cut, and below it sums go on as everywhere. [OCC-12] [TRE-6]
create or replace function climb(changes composite_change[]) returns void language plpgsql
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
end $$;
