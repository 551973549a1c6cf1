-- A life of the database is one process of its server on the same tables: whatever is put back, and however, comes with
-- another process or with other tables. So a seq is given once in an epoch, whoever remembers and whoever does not. What is
-- remembered says only whether something is missing.

ALTER TABLE life
    -- Which tables these were: a dump that is put back has others.
    ADD tables text NOT NULL DEFAULT '',
    -- The process of which somebody has said that it lacks nothing, before its life began.
    ADD vouched timestamptz;

ALTER TABLE past_life
    -- The server was started again and lacks nothing: a room stays in its epoch until something is written there.
    ADD goes_on boolean NOT NULL DEFAULT false;

-- A table that was dropped, emptied or written anew as a whole has its rows in another file.
CREATE FUNCTION present_tables() RETURNS text LANGUAGE sql STABLE
AS $$
    SELECT concat_ws('-', pg_relation_filenode(to_regclass('${flyway:defaultSchema}.life')),
        pg_relation_filenode(to_regclass('${flyway:defaultSchema}.room_head')))
$$;

-- Where the log of this server process began (V2); 0 where that is not known any more, or kept by a provider to itself.
CREATE OR REPLACE FUNCTION begun_at() RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path = ${flyway:defaultSchema}, pg_temp
AS $$
DECLARE
    place pg_lsn := pg_last_wal_replay_lsn();
BEGIN
    IF place IS NULL THEN
        BEGIN
            SELECT c.checkpoint_lsn INTO place FROM pg_control_checkpoint() c
            WHERE c.checkpoint_time <= pg_postmaster_start_time();
        EXCEPTION WHEN insufficient_privilege OR undefined_function THEN
            place := NULL;
        END;
    END IF;
    RETURN coalesce(place - '0/0'::pg_lsn, 0);
END $$;

-- With what V4 has of generations.
DROP FUNCTION begin_life(text, bigint, text, text, bigint, bigint, interval);

-- The database's life, for a node that knows of that one: its number and epoch, the server that it was on, and the newest
-- place in that server's log that is known to be kept; 0 if the node was told of the life, and has seen nothing of it.
-- A new life begins with each process of a server, if the tables are others, if that process has gone back (with its
-- machine), or if an operator says so. A server that has just been started waits before: until then whoever was there can
-- say whether something is missing ("settled").
-- "refused": the server is an older primary of the same system, from which another was promoted.
CREATE FUNCTION begin_life(
    now_on text, known_number bigint, known_epoch text, known_on text, known_at bigint, patience interval,
    OUT life_epoch text, OUT life_number bigint, OUT process_started bigint, OUT process_begun_at bigint,
    OUT settled boolean, OUT refused boolean)
    LANGUAGE plpgsql
    SET search_path = ${flyway:defaultSchema}, pg_temp
AS $$
DECLARE
    found life;
    started_now timestamptz := pg_postmaster_start_time();
    tables_now text := present_tables();
    is_present boolean;
    is_behind boolean;
    is_same boolean;
    lacks_nothing boolean;
BEGIN
    settled := true;
    process_started := (extract(epoch FROM started_now) * 1000000)::bigint;
    SELECT * INTO found FROM life WHERE one;
    refused := found.server IS DISTINCT FROM '' AND split_part(known_on, '/', 1) = split_part(now_on, '/', 1)
        AND split_part(known_on, '/', 2) COLLATE "C" > split_part(now_on, '/', 2);
    IF refused OR found.server = now_on AND found.started = started_now AND found.tables = tables_now
            AND found.epoch = known_epoch AND known_at <= pg_current_wal_insert_lsn() - '0/0'::pg_lsn THEN
        life_epoch := found.epoch;
        life_number := found.number;
        process_begun_at := found.begun_at;
        RETURN;
    END IF;

    INSERT INTO life (server, started, tables, epoch, number, begun_at)
    VALUES (now_on, started_now, tables_now, new_epoch(), known_number + 1, begun_at())
    ON CONFLICT (one) DO NOTHING;
    SELECT * INTO found FROM life WHERE one FOR UPDATE;
    life_number := found.number;
    life_epoch := found.epoch;
    is_same := found.server = now_on AND found.tables = tables_now;
    is_present := is_same AND found.started = started_now;
    process_begun_at := CASE WHEN is_present THEN found.begun_at ELSE begun_at() END;

    -- A place that is known is before the record of its commit: a log that ends there lacks it.
    is_behind := CASE
        WHEN known_epoch <> found.epoch THEN known_number >= found.number
        WHEN is_present THEN known_at > pg_current_wal_insert_lsn() - '0/0'::pg_lsn
        ELSE known_at >= process_begun_at END;
    IF is_present AND NOT is_behind THEN
        -- Who comes late may know that the life before lacks something.
        UPDATE past_life SET whole = false, goes_on = false WHERE epoch = known_epoch AND whole AND known_at >= ended_at;
        RETURN;
    END IF;

    lacks_nothing := NOT is_behind AND known_epoch = found.epoch AND known_at > 0;
    IF is_same AND NOT is_behind AND clock_timestamp() <= started_now + patience THEN
        settled := false;
        IF lacks_nothing AND found.vouched IS DISTINCT FROM started_now THEN
            UPDATE life SET vouched = started_now;
        END IF;
        RETURN;
    END IF;
    lacks_nothing := (lacks_nothing OR NOT is_behind AND coalesce(found.vouched = started_now, false))
        -- Promoted: if commits waited for a standby.
        AND found.tables = tables_now AND (is_same OR found.guarded
            AND split_part(found.server, '/', 1) = split_part(now_on, '/', 1)
            AND split_part(found.server, '/', 2) COLLATE "C" < split_part(now_on, '/', 2));
    INSERT INTO past_life (number, epoch, whole, goes_on, ended_at, generation)
    VALUES (found.number, found.epoch, lacks_nothing, lacks_nothing AND is_same, process_begun_at, found.generation);
    UPDATE life SET server = now_on, started = started_now, tables = tables_now, begun_at = process_begun_at,
        guarded = false, vouched = NULL, number = greatest(life.number, known_number) + 1, epoch = new_epoch()
    RETURNING life.number, life.epoch INTO life_number, life_epoch;
END $$;

-- The life in whose name a room still stands that was last written in that earlier one; null if it is the present one.
CREATE FUNCTION kept_epoch(in_life bigint) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = ${flyway:defaultSchema}, pg_temp
RETURN (
    SELECT p.epoch FROM past_life p
    WHERE p.number = in_life AND NOT EXISTS (SELECT FROM past_life o WHERE o.number >= in_life AND NOT o.goes_on));

-- The epochs that are over in a room that stands there, whose row is of that life and notes those before it. As long as
-- lives went on, such a room was in none but its own. Life 0: of a room that is not there. It can never have been in the
-- generation of now (V4), so of that nothing is missing.
CREATE OR REPLACE FUNCTION past_epochs(noted text, own text, in_life bigint, at_seq bigint) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = ${flyway:defaultSchema}, pg_temp
RETURN (
    SELECT coalesce(string_agg(newest.entry, ',' ORDER BY newest.n), '') FROM (
        SELECT every.entry, every.n
        FROM unnest(string_to_array(concat_ws(',', nullif(noted, ''), (
                SELECT string_agg(
                    p.epoch || CASE
                            WHEN in_life = 0 AND p.generation > 0 THEN '.' || generation_name(p.generation)
                            WHEN p.number = in_life AND own <> '' THEN '.' || own
                            ELSE '' END
                        || ' ' || at_seq
                        || CASE WHEN p.whole AND (in_life > 0 OR p.generation = l.generation) THEN ' 1' ELSE ' 0' END,
                    ',' ORDER BY p.number)
                FROM past_life p CROSS JOIN life l
                WHERE l.one AND p.number >= in_life AND (in_life IN (0, p.number) OR p.number > (
                    SELECT min(o.number) FROM past_life o WHERE o.number >= in_life AND NOT o.goes_on)))), ','))
            WITH ORDINALITY every (entry, n)
        ORDER BY every.n DESC LIMIT 8) newest); -- clients that were away for longer get everything behind their seq

-- As in V4; fails with RW002 too if the tables are not those of the life: they were put back under a server that runs.
CREATE OR REPLACE FUNCTION lock_heads(rooms text[], known_seqs bigint[], known_epochs text[], in_epoch text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = ${flyway:defaultSchema}, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    present life;
    locked bigint;
BEGIN
    -- All new rooms first: who waits here holds new rooms alone, who waits below has passed here, so no circle closes.
    INSERT INTO room_head (room, seq, epoch, life, began, before, generation)
    SELECT k.room, 0, generation_name(l.generation), l.number, 0, past_epochs('', '', 0, 0), l.generation
    FROM unnest(rooms) k (room) CROSS JOIN life l
    WHERE l.one AND NOT EXISTS (SELECT FROM room_head h WHERE h.room = k.room)
    ORDER BY k.room COLLATE "C"
    ON CONFLICT (room) DO NOTHING;

    PERFORM 1 FROM room_head h WHERE h.room = ANY (rooms) ORDER BY h.room FOR UPDATE;
    GET DIAGNOSTICS locked = ROW_COUNT;
    IF locked <> cardinality(rooms) THEN -- one was retired between the two statements: at the next attempt it is new
        RAISE EXCEPTION 'a room was retired just now' USING ERRCODE = 'serialization_failure';
    END IF;

    SELECT * INTO present FROM life WHERE one;
    IF present.epoch <> in_epoch OR present.tables <> present_tables() THEN
        RAISE EXCEPTION 'the database has begun another life' USING ERRCODE = 'RW002';
    END IF;

    -- What is known of an earlier life, or of a life of the room that is over, has no epoch or another one.
    UPDATE room_head h SET
        before = concat_ws(',', nullif(past_epochs(h.before, h.epoch, h.life, h.seq), ''),
            CASE WHEN h.seq < k.seq AND own.epoch = k.epoch THEN
                present.epoch || CASE WHEN k.epoch <> '' THEN '.' ELSE '' END || k.epoch || ' ' || h.seq || ' 0' END),
        began = h.seq,
        life = present.number,
        epoch = CASE WHEN h.seq < k.seq AND own.epoch = k.epoch THEN new_epoch() ELSE '' END
    FROM unnest(rooms, known_seqs, known_epochs) k (room, seq, epoch)
    JOIN LATERAL (
        SELECT o.room, CASE WHEN o.life = present.number THEN o.epoch ELSE '' END AS epoch
        FROM room_head o WHERE o.room = k.room LIMIT 1) own ON true
    WHERE h.room = own.room AND (h.life <> present.number OR h.seq < k.seq AND own.epoch = k.epoch);
END $$;
