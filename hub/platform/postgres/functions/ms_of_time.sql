-- A time as milliseconds since 1970.
create or replace function ms_of_time(at timestamptz) returns bigint immutable strict parallel safe language sql as
$$ select (extract(epoch from at) * 1000)::bigint $$;
