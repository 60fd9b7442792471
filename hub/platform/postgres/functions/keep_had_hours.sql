-- A space that has hours or closures of its own, or had some, is among those whose hours kiosks and pages are told of. [SYN-31]
create or replace function keep_had_hours() returns trigger language plpgsql as $$
begin
  update spaces set had_hours = true where id in (select space_id from made) and not had_hours;
  return null;
end $$;
