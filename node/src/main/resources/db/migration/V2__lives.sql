-- Lives of the database, and where each ended in each room: with that a member of an older epoch goes on from there.
-- Lives are counted, so of two states it is known which is the newer, whatever servers they are on.

ALTER TABLE life
    ADD number bigint NOT NULL DEFAULT 1,
    -- How far the log of that server process had come when it began, in bytes.
    ADD begun_at bigint NOT NULL DEFAULT 0,
    -- Whether commits wait for a standby: then its promotion loses nothing.
    ADD guarded boolean NOT NULL DEFAULT false;

CREATE TABLE past_life (
    number bigint PRIMARY KEY,
    epoch text NOT NULL,
    -- Whether nothing that was acked in it is missing now, as far as the server's settings and the nodes tell.
    whole boolean NOT NULL,
    ended_at bigint NOT NULL -- as begun_at of the life behind it
);

ALTER TABLE room_head
    ADD life bigint NOT NULL DEFAULT 1, -- in which the room was last written: "epoch" is of that one
    ADD began bigint, -- the seq behind which all is of the room's epoch; null: stored before this was noted
    ADD before text NOT NULL DEFAULT ''; -- the epochs before, oldest first, joined by commas: name, end, 1 if whole

-- Where the log of this server process began: nothing else can tell later, since others write to it too. The end of what
-- it read when it started, after a crash, a restore or as a standby. Else it was stopped in order, and its first checkpoint
-- is from before its start, unless nobody came for minutes.
CREATE FUNCTION begun_at() RETURNS bigint
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
            place := NULL; -- a provider may keep it to itself
        END;
    END IF;
    RETURN coalesce(place, pg_current_wal_insert_lsn()) - '0/0'::pg_lsn;
END $$;

DROP FUNCTION begin_life(text, bigint, interval);

-- The database's life, for a node that knows of that one: its number and epoch, the server that it was on, when that
-- process began, and the newest place in its log at which a message was acked.
-- A new life begins if the server is another than last time: promoted, copied, or said to be by an operator; if its log had
-- not come as far as what is known when it began: an older state was put back; and if the life is one before that which is
-- known. Then "settled" is at once. Else a server that has just started waits until all nodes have told what they know.
-- "refused": the server is an older primary of the same system, from which another was promoted.
CREATE FUNCTION begin_life(
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
        INSERT INTO past_life (number, epoch, whole, ended_at)
        VALUES (found.number, found.epoch, is_promoted AND found.guarded AND NOT is_behind, process_begun_at);
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

-- The epochs that are over in a room that stands there, whose row is of that life and notes those before it.
CREATE FUNCTION past_epochs(noted text, own text, in_life bigint, at_seq bigint) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = ${flyway:defaultSchema}, pg_temp
RETURN (
    SELECT coalesce(string_agg(newest.entry, ',' ORDER BY newest.n), '') FROM (
        SELECT every.entry, every.n
        FROM unnest(string_to_array(concat_ws(',', nullif(noted, ''), (
                SELECT string_agg(
                    p.epoch || CASE WHEN p.number = in_life AND own <> '' THEN '.' || own ELSE '' END
                        || ' ' || at_seq || CASE WHEN p.whole THEN ' 1' ELSE ' 0' END,
                    ',' ORDER BY p.number)
                FROM past_life p WHERE p.number >= in_life)), ','))
            WITH ORDINALITY every (entry, n)
        ORDER BY every.n DESC LIMIT 8) newest); -- clients that were away for longer than 8 failovers begin anew

-- Locks the heads of those rooms, in one order for all. Those that were last written in an earlier life begin their epoch
-- of this one, and those that are behind what is known another. Fails with RW002 if the life is not "in_epoch" any more:
-- looked at behind the locks, so that no room goes back to a life that is over.
DROP FUNCTION lock_heads(text[], bigint[], text[]);
CREATE FUNCTION lock_heads(rooms text[], known_seqs bigint[], known_epochs text[], in_epoch text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = ${flyway:defaultSchema}, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    present life;
BEGIN
    -- All new rooms first: who waits here holds new rooms alone, who waits below has passed here, so no circle closes.
    INSERT INTO room_head (room, seq, life, began, before)
    SELECT k.room, 0, l.number, 0, past_epochs('', '', 0, 0)
    FROM unnest(rooms) k (room) CROSS JOIN life l
    WHERE l.one AND NOT EXISTS (SELECT FROM room_head h WHERE h.room = k.room)
    ORDER BY k.room COLLATE "C"
    ON CONFLICT (room) DO NOTHING;

    PERFORM 1 FROM room_head h WHERE h.room = ANY (rooms) ORDER BY h.room FOR UPDATE;

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

-- Whether a commit of this session waits until a standby has it.
CREATE FUNCTION is_guarded() RETURNS boolean LANGUAGE sql STABLE
    RETURN current_setting('synchronous_standby_names') <> ''
        AND current_setting('synchronous_commit') IN ('on', 'remote_write', 'remote_apply');

-- Appends a group: gives the seqs in the drafts' order, a negative one where the message was stored before, and the
-- epochs in the order of known_rooms. Of each draft, "places" says which of known_rooms it goes to, and "nths" its
-- number among those that go there; "counts" has how many these are, a room. No two drafts of a group have the same
-- room, sender and id. "log_place" is where the
-- server's log stood before the commit: one that has not come so far is an older one.
DROP FUNCTION append(text[], bigint[], text[], bigint[], text[], int[], bigint[], bigint[], text[], text[], bytea[], bigint);
CREATE FUNCTION append(
    known_rooms text[], known_seqs bigint[], known_epochs text[], counts bigint[],
    rooms text[], places int[], nths bigint[], sent_ts bigint[], senders text[], ids text[], contents bytea[],
    window_ms bigint, in_epoch text,
    OUT seqs bigint[], OUT epochs text[], OUT log_place bigint)
    LANGUAGE plpgsql
    SET search_path = ${flyway:defaultSchema}, pg_temp
    -- Arrays have no statistics, and plans outlive the days when the tables were empty: only lookups by index.
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    stored_now timestamptz;
    since timestamptz;
    newest timestamptz;
    heads bigint[];
    storeds timestamptz[];
BEGIN
    PERFORM lock_heads(known_rooms, known_seqs, known_epochs, in_epoch);
    UPDATE life l SET guarded = NOT l.guarded WHERE l.one AND l.guarded <> is_guarded();
    stored_now := clock_timestamp(); -- not before the locks: who held them may have stored later than we began
    since := stored_now - window_ms * interval '1 millisecond';
    SELECT array_agg(h.seq ORDER BY k.n), array_agg(greatest(h.stored, stored_now) ORDER BY k.n), max(h.stored),
        array_agg(h.epoch ORDER BY k.n)
    INTO heads, storeds, newest, epochs
    FROM unnest(known_rooms) WITH ORDINALITY k (room, n) JOIN room_head h ON h.room = k.room;

    -- The limit keeps the planner from turning this around: a plan made while the tables were empty read whole rooms.
    IF NOT EXISTS (
        SELECT FROM unnest(rooms, senders, ids) d (room, sender, id)
        CROSS JOIN LATERAL (
            SELECT FROM message m
            WHERE m.room = d.room AND m.sender = d.sender AND m.id = d.id
                AND m.stored > since AND m.stored <= newest -- spares the partitions that are empty yet
            LIMIT 1) e
    ) THEN
        -- Nothing was sent before, as nearly always: each place is known without looking at the others.
        INSERT INTO message (room, seq, stored, ts, sender, id, content)
        SELECT d.room, heads[d.place] + d.nth, storeds[d.place], d.ts, d.sender, d.id, d.content
        FROM unnest(rooms, places, nths, sent_ts, senders, ids, contents) d (room, place, nth, ts, sender, id, content);

        UPDATE room_head h SET seq = h.seq + k.count, stored = greatest(h.stored, stored_now)
        FROM unnest(known_rooms, counts) k (room, count) WHERE h.room = k.room;

        SELECT array_agg(heads[d.place] + d.nth ORDER BY d.n) INTO seqs
        FROM unnest(places, nths) WITH ORDINALITY d (place, nth, n);
        log_place := pg_current_wal_insert_lsn() - '0/0'::pg_lsn;
        RETURN;
    END IF;

    WITH draft AS MATERIALIZED (
        SELECT d.n, d.room, d.place, d.ts, d.sender, d.id, d.content, e.seq AS earlier
        FROM unnest(rooms, places, sent_ts, senders, ids, contents) WITH ORDINALITY
            d (room, place, ts, sender, id, content, n)
        LEFT JOIN LATERAL (
            SELECT m.seq FROM message m
            WHERE m.room = d.room AND m.sender = d.sender AND m.id = d.id AND m.stored > since AND m.stored <= newest
            LIMIT 1) e ON true
    ), placed AS MATERIALIZED (
        SELECT n, room, place, ts, sender, id, content, earlier,
            heads[place] + count(*) FILTER (WHERE earlier IS NULL) OVER (PARTITION BY place ORDER BY n
                ROWS UNBOUNDED PRECEDING) AS seq
        FROM draft
    ), inserted AS (
        INSERT INTO message (room, seq, stored, ts, sender, id, content)
        SELECT room, seq, storeds[place], ts, sender, id, content FROM placed WHERE earlier IS NULL
    ), moved AS (
        UPDATE room_head h SET seq = top.seq, stored = storeds[top.place]
        FROM (SELECT room, place, max(seq) AS seq FROM placed WHERE earlier IS NULL GROUP BY room, place) top
        WHERE h.room = top.room
    )
    SELECT array_agg(coalesce(-earlier, seq) ORDER BY n) INTO seqs FROM placed;
    log_place := pg_current_wal_insert_lsn() - '0/0'::pg_lsn;
END $$;
