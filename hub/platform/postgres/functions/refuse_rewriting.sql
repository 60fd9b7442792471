-- Even when it forgets, a log of acts loses nothing but the address. [AUD-2]
create or replace function refuse_rewriting() returns trigger language plpgsql as $$
begin
  if new.address is not null or to_jsonb(new) - 'address' is distinct from to_jsonb(old) - 'address' then
    raise exception '% only forgets addresses', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
