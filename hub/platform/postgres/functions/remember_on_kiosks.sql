-- Remembers that a space was on public screens, whatever writes it, a hub of the release before too. [IMP-12]
create or replace function remember_on_kiosks() returns trigger language plpgsql as $$
begin
  new.was_on_kiosks := true;
  return new;
end $$;
