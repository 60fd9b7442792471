-- Forgets addresses of the network that are older than a moment; answers how many acts had one. [AUD-2]
create or replace function forget_addresses(before timestamptz) returns integer language plpgsql as $$
declare
  forgotten integer;
begin
  perform set_config('carrel.forgetting', 'on', true);
  update change_logs set address = null where address is not null and created_at < before;
  get diagnostics forgotten = row_count;
  perform set_config('carrel.forgetting', 'off', true);
  update users set last_login_ip = null where last_login_ip is not null and last_login_time < before;
  update sessions set address = null where address is not null and last_seen_at < before;
  return forgotten;
end $$;
