-- When a directory last said that one of its people is there: what their sessions rest on. Means nothing for others, and is
-- empty for an erased account. Who signed in before this was kept counts as seen now. [DIR-13]
alter table users add column directory_seen_at timestamptz default now();
