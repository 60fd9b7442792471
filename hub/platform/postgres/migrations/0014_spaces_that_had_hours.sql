-- expand: A space knows whether it ever had hours or closures of its own, so that of all others nobody is told that they have none.

alter table spaces add column had_hours boolean not null default false;
update spaces s set had_hours = true
  where exists (select from opening_hours h where h.space_id = s.id)
    or exists (select from closures c where c.space_id = s.id);

-- Whoever writes hours, a hub of the release before and a restore too. [SYN-31]
create function keep_had_hours() returns trigger language plpgsql as $$
begin
  update spaces set had_hours = true where id in (select space_id from made) and not had_hours;
  return null;
end $$;
create trigger keep_had_hours after insert on opening_hours referencing new table as made
  for each statement execute function keep_had_hours();
create trigger keep_had_hours after insert on closures referencing new table as made
  for each statement execute function keep_had_hours();
