-- Tables that only grow. Two changes are allowed: a log of acts forgets addresses of the network after their term, and a
-- report that is withdrawn leaves its space's generation. [AUD-2] [OCC-2]
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (
    (tg_table_name = 'change_logs' and current_setting('carrel.forgetting', true) = 'on')
    or (tg_table_name = 'occupancy_reports' and current_setting('carrel.withdrawing', true) = 'on')
  ) then
    return null;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
