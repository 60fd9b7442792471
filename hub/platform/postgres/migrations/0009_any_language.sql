-- A language is text: a university or a person may have one that this hub does not speak, and is answered in another. [LNG-4]
-- The names of the constraints stay. Rows of before fit; each table is read once, under its lock.
alter table universities drop constraint universities_locale_check,
  add constraint universities_locale_check check (length(locale) <= 35 and locale ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$');
alter table university_requests drop constraint university_requests_locale_check,
  add constraint university_requests_locale_check check (length(locale) <= 35 and locale ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$');
alter table users drop constraint users_locale_check,
  add constraint users_locale_check check (length(locale) <= 35 and locale ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$');
