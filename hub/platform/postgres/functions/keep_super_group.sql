-- The super group of a university stays. [ACC-3]
create or replace function keep_super_group() returns trigger language plpgsql as $$
begin
  if old.is_super and (tg_op = 'DELETE' or not new.is_super) then
    raise exception 'the super group of university % stays', old.university_id
      using errcode = 'integrity_constraint_violation', constraint = 'groups_super', table = 'groups';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
