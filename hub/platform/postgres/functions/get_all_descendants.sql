-- Every live space below one, parents before children.
create or replace function get_all_descendants(of_space bigint) returns table (id bigint, parent_id bigint, depth integer)
stable language sql as $$
  with recursive down as (
    select s.id, s.parent_id, 1 as depth from spaces s where s.parent_id = of_space and not s.is_deleted
    union all
    select s.id, s.parent_id, d.depth + 1 from down d join spaces s on s.parent_id = d.id and not s.is_deleted
  )
  select down.id, down.parent_id, down.depth from down order by down.depth, down.id
$$;
