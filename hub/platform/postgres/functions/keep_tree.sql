-- The tree stays a tree, whoever writes. [TRE-1] That a parent is of the same university is the composite foreign key's
-- affair; here: no space is its own ancestor, and a live space's parent lives. Its trigger is deferred to the end of the
-- transaction, so that an import may write its rows in any order: it judges the row as it is then, not as it was when the
-- trigger was queued.
create or replace function keep_tree() returns trigger language plpgsql as $$
declare
  space spaces;
  ancestor bigint;
  steps integer := 0;
begin
  -- Two transactions could each see the half that is right. Whoever changes the tree locks the university first, so
  -- this waits for nothing; it holds those back that forgot.
  perform 1 from universities where id = new.university_id for no key update;
  select * into space from spaces where id = new.id;
  if space.is_deleted then
    if exists (select 1 from spaces where parent_id = space.id and not is_deleted) then
      raise exception 'space % is deleted and has a live child', space.id
        using errcode = 'integrity_constraint_violation', constraint = 'spaces_live_parent', table = 'spaces';
    end if;
  elsif exists (select 1 from spaces where id = space.parent_id and is_deleted) then
    raise exception 'space % lives below a deleted one', space.id
      using errcode = 'integrity_constraint_violation', constraint = 'spaces_live_parent', table = 'spaces';
  end if;
  -- Every cycle holds an edge to a larger id or one that was moved: an insert below a smaller id alone closes none.
  if tg_op = 'INSERT' and space.parent_id < space.id then
    return null;
  end if;
  ancestor := space.parent_id;
  while ancestor is not null loop
    steps := steps + 1;
    -- A hundred is far beyond any house; it also ends the walk below a cycle that does not pass through this space.
    if ancestor = space.id or steps > 100 then
      raise exception 'space % would be its own ancestor', space.id
        using errcode = 'integrity_constraint_violation', constraint = 'spaces_no_cycle', table = 'spaces';
    end if;
    select parent_id into ancestor from spaces where id = ancestor;
  end loop;
  return null;
end $$;
