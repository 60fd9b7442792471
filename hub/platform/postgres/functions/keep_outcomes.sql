-- A hub of release 0.1 writes how mutations ended into outcomes alone: the ledger gets the same. What it has already stays. [SYN-55]
create or replace function keep_outcomes() returns trigger language plpgsql as $$
begin
  insert into mutations (university_id, actor_kind, actor_id, id, hash, origin_id, origin_number, outcome, clock, at)
  select university_id, 'kiosk', kiosk_id, mutation_id, hash,
    case when (origin_kiosk_id, origin_mutation_id) <> (kiosk_id, mutation_id) then origin_kiosk_id end,
    case when (origin_kiosk_id, origin_mutation_id) <> (kiosk_id, mutation_id) then origin_mutation_id end,
    why, clock, created_at
  from made on conflict do nothing;
  return null;
end $$;
