-- Browsers in which somebody signed in before this moment are not known any more: it moves on with another password and
-- whenever all sessions are ended. [EDG-11]
alter table users add column browsers_since timestamptz not null default now();
