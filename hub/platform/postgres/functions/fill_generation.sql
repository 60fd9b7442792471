-- Gives a report that names no generation that of its space: a hub of the release before names none. [OCC-2]
create or replace function fill_generation() returns trigger language plpgsql as $$
begin
  new.generation := coalesce((select s.generation from spaces s where s.id = new.space_id), 0);
  return new;
end $$;
