-- Tables that only grow. The one change that a log of acts allows: it forgets addresses of the network after their term. [AUD-2]
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and tg_table_name = 'change_logs' and current_setting('carrel.forgetting', true) = 'on' then
    return null;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
