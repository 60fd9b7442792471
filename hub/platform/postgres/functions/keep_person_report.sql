-- A hub of release 0.1 keeps people's keys with their reports alone: the ledger gets the same, with the hash of the call. [SYN-55]
create or replace function keep_person_report() returns trigger language plpgsql as $$
begin
  insert into mutations (university_id, actor_kind, actor_id, key, kind, hash, outcome, clock, at)
  values (new.university_id, 'person', new.user_id, new.idempotency_key, 'report of a person',
    translate(rtrim(encode(substring(sha256(convert_to(format(
      E'POST /spaces/:id/reports\n{"body":{"key":"%s","level":%s},"params":{"id":%s}}',
      new.idempotency_key, new.level, new.space_id), 'UTF8')) from 1 for 16), 'base64'), '='), '+/', '-_'),
    'done', new.clock, new.received_at)
  on conflict do nothing;
  return null;
end $$;
