-- [OCC-4] in whole numbers: Σ weight × mean over Σ weight, rounded half up; null when nothing is known.
create or replace function mean_of_sums(weighted bigint, weight bigint) returns integer immutable parallel safe language sql as
$$ select case when weight = 0 then null else ((2 * weighted + weight) / (2 * weight))::integer end $$;
