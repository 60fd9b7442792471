-- expand: Keys of calls go back into the ledger only while they would still be kept, and those of the hub's own making are found.

-- A restored backup brings reports of years, whose keys nobody will use again. [SYN-53] [SYN-55]
drop trigger keep_person_report on occupancy_reports;
create trigger keep_person_report after insert on occupancy_reports for each row
  when (new.user_id is not null and new.idempotency_key not like 'level:%'
    and new.received_at > now() - interval '48 hours') execute function keep_person_report();

-- They are dropped after an hour, among many that are kept for two days. [SYN-53]
create index mutations_internal_at on mutations (at) where starts_with(key, 'hub:');
