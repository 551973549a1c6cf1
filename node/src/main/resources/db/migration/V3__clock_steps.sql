-- Whether an id was sent before is asked of a window of time, and a clock that is put forward by more than the window would
-- make all of it old at once. Nodes compare the server's clock with clocks of their own that never step.

CREATE TABLE clock_step (
    -- By the clock as it was behind the step.
    at timestamptz PRIMARY KEY,
    ahead_ms bigint NOT NULL
);

-- The window in milliseconds of the server's clock: longer by the steps that are in it. "expected_ms" is what the clock
-- should show as far as the caller knows, in milliseconds since 1970, or null.
CREATE FUNCTION window_by_clock(window_ms bigint, expected_ms bigint) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = ${flyway:defaultSchema}, pg_temp
AS $$
DECLARE
    now_ms bigint := (extract(epoch FROM statement_timestamp()) * 1000)::bigint;
BEGIN
    -- A second: so late may a statement come to a server that is busy. Noted by who sees it first.
    IF now_ms - expected_ms > 1000 AND NOT EXISTS (
            SELECT FROM clock_step s WHERE s.at > to_timestamp(expected_ms / 1000.0)) THEN
        INSERT INTO clock_step (at, ahead_ms) VALUES (statement_timestamp(), now_ms - expected_ms)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN window_ms + coalesce((
        SELECT sum(s.ahead_ms) FROM clock_step s
        WHERE s.at > statement_timestamp() - window_ms * interval '1 millisecond'), 0);
END $$;
