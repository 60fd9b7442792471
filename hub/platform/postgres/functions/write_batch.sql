-- Everything that a batch of reports writes, set by set: the reports, the leaves' new values (each leaf once), their
-- ancestors, the kiosks' last ids, the clock. Decides nothing. Arrays of one group have the same length. A space that is not on
-- kiosks counts in no other. [SYN-2] [OCC-12] [TRE-6]
create or replace function write_batch(
  of_university bigint, new_clock bigint, received_ms bigint,
  kiosk_ids bigint[], last_mutation_ids bigint[],
  report_spaces bigint[], report_generations integer[], report_levels smallint[], report_ats bigint[], report_kiosks bigint[],
  report_mutations bigint[], report_hashes text[], report_origin_kiosks bigint[], report_origin_mutations bigint[],
  leaf_spaces bigint[], leaf_levels smallint[], leaf_ats bigint[], leaf_clocks bigint[], leaf_mutations bigint[],
  leaf_kiosks bigint[]
) returns void language plpgsql
set plan_cache_mode = force_generic_plan as $$
declare
  changes composite_change[];
begin
  insert into occupancy_reports (university_id, space_id, generation, level, reported_at, received_at, clock,
      kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id)
  select of_university, r.space_id, r.generation, r.level, time_of_ms(r.at), time_of_ms(received_ms), new_clock,
      r.kiosk_id, r.mutation_id, r.hash, r.origin_kiosk_id, r.origin_mutation_id
  from unnest(report_spaces, report_generations, report_levels, report_ats, report_kiosks, report_mutations, report_hashes,
      report_origin_kiosks, report_origin_mutations)
    r (space_id, generation, level, at, kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id);

  with changed as (
    update spaces s set
      occupancy = l.level,
      occupancy_mean = l.level * 1000000,
      occupancy_updated_at = time_of_ms(l.at),
      report_clock = l.clock, report_mutation_id = l.mutation_id, report_kiosk_id = l.kiosk_id,
      clock = new_clock
    from unnest(leaf_spaces, leaf_levels, leaf_ats, leaf_clocks, leaf_mutations, leaf_kiosks)
      l (space_id, level, at, clock, mutation_id, kiosk_id)
    where s.id = l.space_id
    returning new.parent_id, new.weight, new.is_deleted, new.on_kiosks,
      old.occupancy_mean as mean_before, new.occupancy_mean as mean_after,
      old.occupancy_updated_at as at_before, new.occupancy_updated_at as at_after
  ), summed as (
    select parent_id,
      sum(weight * ((mean_after is not null)::int - (mean_before is not null)::int))::bigint as weight,
      sum(weight * (coalesce(mean_after, 0) - coalesce(mean_before, 0)))::bigint as weighted,
      max(at_after) as newest,
      bool_or(at_before is not null and (at_after is null or at_after < at_before)) as went_back
    from changed where parent_id is not null and not is_deleted and on_kiosks group by parent_id
  )
  select array_agg(row(parent_id, weight, weighted, newest, went_back)::composite_change) into changes from summed;
  perform climb(changes);

  -- Who pushes has stored the ticket of its welcome: from here on an older one is a clone's. [SYN-12]
  update kiosks k set last_mutation_id = b.last_mutation_id, ticket_confirmed = k.ticket_issued
  from unnest(kiosk_ids, last_mutation_ids) b (id, last_mutation_id) where k.id = b.id;

  update universities set clock = new_clock where id = of_university;
end $$;

-- As the release before calls it, whose reports name no generation: a trigger gives them that of their space.
create or replace function write_batch(
  of_university bigint, new_clock bigint, received_ms bigint,
  kiosk_ids bigint[], last_mutation_ids bigint[],
  report_spaces bigint[], report_levels smallint[], report_ats bigint[], report_kiosks bigint[],
  report_mutations bigint[], report_hashes text[], report_origin_kiosks bigint[], report_origin_mutations bigint[],
  leaf_spaces bigint[], leaf_levels smallint[], leaf_ats bigint[], leaf_clocks bigint[], leaf_mutations bigint[],
  leaf_kiosks bigint[]
) returns void language plpgsql as $$
begin
  perform write_batch(of_university, new_clock, received_ms, kiosk_ids, last_mutation_ids,
    report_spaces, array_fill(null::integer, array[cardinality(report_spaces)]), report_levels, report_ats, report_kiosks,
    report_mutations, report_hashes, report_origin_kiosks, report_origin_mutations,
    leaf_spaces, leaf_levels, leaf_ats, leaf_clocks, leaf_mutations, leaf_kiosks);
end $$;
