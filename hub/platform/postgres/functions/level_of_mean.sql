-- The level that a composite's mean stands for. [OCC-5]
create or replace function level_of_mean(mean integer) returns smallint immutable parallel safe language sql as
$$ select (case when mean < 500000 then 0 when mean < 1500000 then 1 when mean is not null then 2 end)::smallint $$;
