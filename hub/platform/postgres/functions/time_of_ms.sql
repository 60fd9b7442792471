-- Milliseconds since 1970 as a time.
create or replace function time_of_ms(ms bigint) returns timestamptz immutable strict parallel safe language sql as
$$ select to_timestamp(ms / 1000.0::double precision) $$;
