-- Names among siblings: what is not public takes no name from others. [TRE-13] [TRE-15]
-- Rows that one unique index over all live siblings let in are let in by these two, which ask less: nothing has to be looked
-- at before, and backups of before go in as they are. A hub of the release before asks more than they do, and goes on
-- beside ours; only where it lets on a second place of one name does it end at the index instead of a refusal.
-- The old index goes first: so the strongest lock is taken at once, and no commit is met halfway.
drop index spaces_sibling_names;
create unique index spaces_public_names on spaces (university_id, parent_id, name) nulls not distinct
  where not is_deleted and on_kiosks;
-- Nobody's, such as what an import made and staff took off public screens, are in nobody's way: nulls are distinct here.
create unique index spaces_hidden_names on spaces (university_id, parent_id, name, created_by_id)
  where not is_deleted and not on_kiosks;
