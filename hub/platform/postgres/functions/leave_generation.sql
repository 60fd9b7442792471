-- A withdrawn report is in none of its space's generations. Its row is the one that may change, and in nothing else. [OCC-2]
create or replace function leave_generation() returns trigger language plpgsql as $$
begin
  perform set_config('carrel.withdrawing', 'on', true);
  update occupancy_reports r set generation = -1 from withdrawn w where r.id = w.occupancy_report_id;
  perform set_config('carrel.withdrawing', 'off', true);
  return null;
end $$;
