-- Names among siblings: what is not public takes no name from others. [TRE-13] [TRE-15]
-- Rows that one unique index over all live siblings let in are let in by this one, which asks less: nothing has to be looked
-- at before, and backups of before go in as they are. A hub of the release before asks more than it does, and goes on
-- beside ours; only where it lets on a second place of one name does it end at the index instead of a refusal.
-- The old index goes first: so the strongest lock is taken at once, and no commit is met halfway.
drop index spaces_sibling_names;
create unique index spaces_public_names on spaces (university_id, parent_id, name) nulls not distinct
  where not is_deleted and on_kiosks;

-- Was on public screens under the name and in the place that it has: paths of imports and of the command line mean it also
-- while it is off them. Nearly all were: so no row is written anew for the default. [IMP-12]
alter table spaces add column was_on_kiosks boolean not null default true;
alter table spaces alter column was_on_kiosks set default false;
-- As far as the log tells: what people made comes off public screens unless its maker is staff, and goes on by their word.
-- What nobody made is an import's, and was on them.
update spaces s set was_on_kiosks = false
where not s.on_kiosks and s.created_by_id is not null and not exists (
  select 1 from change_logs l
  where l.university_id = s.university_id and l.service = 'spaces' and l.log ->> 'spaceId' = s.id::text
    and (l.subject = 'letOnKiosks' or (l.subject = 'create' and l.log -> 'after' ->> 'onKiosks' = 'true')));

-- Here and not in the hub: so it holds for whatever writes, a hub of the release before too.
create function remember_on_kiosks() returns trigger language plpgsql as $$
begin
  new.was_on_kiosks := true;
  return new;
end $$;
create trigger remember_on_kiosks before insert or update of on_kiosks on spaces
  for each row when (new.on_kiosks and not new.was_on_kiosks) execute function remember_on_kiosks();
