-- What staff say of a space in other languages: from a language's tag to its name, location, equipment, price and note. [TXT-1]
-- A constant default: no row is written.
alter table spaces add column texts jsonb not null default '{}' check (jsonb_typeof(texts) = 'object');
