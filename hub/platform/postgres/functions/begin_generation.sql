-- What was reported on a space up to now counts no more: later reports are of its next generation. [OCC-11] [CON-5]
create or replace function begin_generation() returns trigger language plpgsql as $$
begin
  new.generation := old.generation + 1;
  return new;
end $$;
