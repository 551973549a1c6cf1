-- Heads of rooms without messages are retired, else every room that ever was would stay for good. No epoch and seq may name
-- two messages all the same, so a room that is not there begins in an epoch that it never had: rooms have a generation, and
-- one is retired only when the generation that it began in is over.

ALTER TABLE life
    -- In which rooms begin now. It never falls.
    ADD generation bigint NOT NULL DEFAULT 0,
    ADD generation_since timestamptz NOT NULL DEFAULT '-infinity';

ALTER TABLE past_life
    ADD generation bigint NOT NULL DEFAULT 0; -- that of its end

ALTER TABLE room_head
    ADD generation bigint NOT NULL DEFAULT 0; -- in which the room began

-- How far the walk through the heads has come.
CREATE TABLE retiring (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    reached text COLLATE "C" NOT NULL DEFAULT '',
    -- When the last walk came to its end; null while one is under way.
    ended timestamptz
);
INSERT INTO retiring DEFAULT VALUES;

-- A room's own part of its epoch when it begins. No other can be the same: those have the digits of hexadecimal numbers alone.
CREATE FUNCTION generation_name(generation bigint) RETURNS text
    LANGUAGE sql IMMUTABLE
RETURN CASE WHEN generation > 0 THEN 'g' || generation ELSE '' END;

-- The epochs that are over in a room that stands there, whose row is of that life and notes those before it. Life 0: of a room
-- that is not there. It can never have been in the generation of now, so of that nothing is missing.
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
                FROM past_life p CROSS JOIN life l WHERE l.one AND p.number >= in_life)), ','))
            WITH ORDINALITY every (entry, n)
        ORDER BY every.n DESC LIMIT 8) newest); -- clients that were away for longer than 8 failovers begin anew

-- As before; and a room that is not there begins in the generation of now.
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
    IF present.epoch <> in_epoch THEN
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

-- As before; and the life that ends keeps its generation.
CREATE OR REPLACE FUNCTION begin_life(
    now_on text, known_number bigint, known_epoch text, known_on text, known_started bigint, known_at bigint,
    patience interval,
    OUT life_epoch text, OUT life_number bigint, OUT process_started bigint, OUT process_begun_at bigint,
    OUT settled boolean, OUT refused boolean)
    LANGUAGE plpgsql
    SET search_path = ${flyway:defaultSchema}, pg_temp
AS $$
DECLARE
    found life;
    started_now timestamptz := pg_postmaster_start_time();
    is_behind boolean;
    is_promoted boolean;
    has_all boolean;
BEGIN
    settled := true;
    process_started := (extract(epoch FROM started_now) * 1000000)::bigint;
    SELECT * INTO found FROM life WHERE one;
    refused := found.server IS DISTINCT FROM '' AND split_part(known_on, '/', 1) = split_part(now_on, '/', 1)
        AND split_part(known_on, '/', 2) COLLATE "C" > split_part(now_on, '/', 2);
    IF refused OR found.server = now_on AND found.started = started_now AND found.epoch = known_epoch
            AND process_started = known_started THEN
        life_epoch := found.epoch;
        life_number := found.number;
        process_begun_at := found.begun_at;
        RETURN;
    END IF;

    INSERT INTO life (server, started, epoch, number, begun_at)
    VALUES (now_on, started_now, new_epoch(), known_number + 1, begun_at())
    ON CONFLICT (one) DO NOTHING;
    SELECT * INTO found FROM life WHERE one FOR UPDATE;
    process_begun_at := CASE WHEN found.server = now_on AND found.started = started_now THEN found.begun_at ELSE begun_at() END;
    life_number := found.number;
    life_epoch := found.epoch;

    -- An ack's place is before the record of its commit: a log that ends there lacks it.
    has_all := known_epoch <> found.epoch OR known_started = process_started OR known_at < process_begun_at;
    is_behind := NOT has_all OR known_epoch <> found.epoch AND known_number >= found.number;
    IF found.server <> now_on OR is_behind THEN
        is_promoted := split_part(found.server, '/', 1) = split_part(now_on, '/', 1)
            AND split_part(found.server, '/', 2) COLLATE "C" < split_part(now_on, '/', 2);
        INSERT INTO past_life (number, epoch, whole, ended_at, generation)
        VALUES (found.number, found.epoch, is_promoted AND found.guarded AND NOT is_behind, process_begun_at,
            found.generation);
        UPDATE life SET server = now_on, started = started_now, begun_at = process_begun_at, guarded = false,
            number = greatest(life.number, known_number) + 1, epoch = new_epoch()
        RETURNING life.number, life.epoch INTO life_number, life_epoch;
        RETURN;
    END IF;
    -- Who comes later may know that the life before lacks something.
    UPDATE past_life SET whole = false WHERE epoch = known_epoch AND whole AND known_at >= ended_at;
    IF found.started <> started_now THEN
        settled := clock_timestamp() > started_now + patience;
        IF settled THEN
            UPDATE life SET started = started_now, begun_at = process_begun_at;
        END IF;
    END IF;
END $$;

-- Goes through the next heads, in the order of their rooms, and retires those in which nothing was stored for so long and of
-- which no message is left. It waits for nobody: what is locked is in use. "looked" is 0 where a walk has ended less than
-- "rest_ms" ago. Called by one node at a time.
CREATE FUNCTION retire_heads(most int, idle_ms bigint, rest_ms bigint, OUT looked int, OUT retired int)
    LANGUAGE plpgsql
    SET search_path = ${flyway:defaultSchema}, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    walk retiring;
    present life;
    idle_since timestamptz := clock_timestamp() - idle_ms * interval '1 millisecond';
    next_rooms text[];
    idle_rooms text[];
    are_young boolean;
BEGIN
    looked := 0;
    retired := 0;
    SELECT * INTO walk FROM retiring r WHERE r.one FOR UPDATE;
    IF walk.ended > clock_timestamp() - rest_ms * interval '1 millisecond' AND walk.ended <= clock_timestamp() THEN
        RETURN;
    END IF;
    SELECT * INTO present FROM life l WHERE l.one;

    SELECT array_agg(next_head.room ORDER BY next_head.room),
        array_agg(next_head.room ORDER BY next_head.room) FILTER (WHERE next_head.stored < idle_since AND next_head.generation < present.generation),
        coalesce(bool_or(next_head.stored < idle_since AND next_head.generation >= present.generation), false)
    INTO next_rooms, idle_rooms, are_young
    FROM (
        SELECT h.room, h.stored, h.generation FROM room_head h
        WHERE h.room > walk.reached ORDER BY h.room LIMIT most) next_head;
    looked := coalesce(cardinality(next_rooms), 0);

    IF idle_rooms IS NOT NULL THEN
        -- Looked at again behind the lock: who appends has it, and changes "stored".
        WITH gone AS MATERIALIZED (
            SELECT h.room FROM room_head h
            WHERE h.room = ANY (idle_rooms) AND h.stored < idle_since
                AND NOT EXISTS (SELECT FROM message m WHERE m.room = h.room LIMIT 1)
            ORDER BY h.room FOR UPDATE SKIP LOCKED
        )
        DELETE FROM room_head h USING gone WHERE h.room = gone.room;
        GET DIAGNOSTICS retired = ROW_COUNT;
    END IF;
    IF are_young AND present.generation_since < idle_since THEN
        UPDATE life l SET generation = l.generation + 1, generation_since = clock_timestamp() WHERE l.one;
    END IF;
    UPDATE retiring r SET
        reached = CASE WHEN looked < most THEN '' ELSE next_rooms[looked] END,
        ended = CASE WHEN looked < most THEN clock_timestamp() END
    WHERE r.one;
END $$;
