-- The same interface for leaf and composite: what is stored of one space. No row: unknown or deleted.
create or replace function get_occupancy(of_space bigint)
returns table (level smallint, mean integer, reported_at timestamptz, is_leaf boolean)
stable language sql as $$
  select occupancy, occupancy_mean, occupancy_updated_at, child_count = 0 from spaces where id = of_space and not is_deleted
$$;
