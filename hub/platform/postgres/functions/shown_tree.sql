-- What is shown of a university's tree on public screens at a moment: only leaves fresher than `stale` count. The same sums
-- as `shown()` in shared/domain/occupancy.ts; parents come after their children. [OCC-6] [OCC-13] [TRE-6]
create or replace function shown_tree(of_university bigint, at timestamptz, stale interval) returns setof shown_space
stable language plpgsql as $$
declare
  tree shown_space[];
  below shown_space[];
begin
  with recursive down as (
    select s.id, s.parent_id, 0 as depth from spaces s
    where s.university_id = of_university and s.parent_id is null and not s.is_deleted and s.on_kiosks
    union all
    select s.id, s.parent_id, d.depth + 1 from down d join spaces s
      on s.parent_id = d.id and not s.is_deleted and s.on_kiosks
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
