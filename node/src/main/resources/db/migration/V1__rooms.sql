-- Rooms and their messages. The room is in every key, so that a distributed PostgreSQL can spread all of this by it.
-- Texts compare by bytes: the order in which rooms are locked must not depend on a server's locale.

CREATE TABLE room_head (
    room text COLLATE "C" PRIMARY KEY,
    seq bigint NOT NULL,
    -- Which life of this room, within that of the database; begun anew where the head was found behind what was acked.
    epoch text NOT NULL DEFAULT '',
    stored timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50); -- each group rewrites its heads: with space beside them no index is touched

-- "stored" never falls while seq grows in a room, so that dropping the oldest partition leaves no hole; ts, which
-- the accepting node's clock gave, would.
CREATE TABLE message (
    room text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    stored timestamptz NOT NULL,
    ts bigint NOT NULL,
    sender text COLLATE "C" NOT NULL,
    id text COLLATE "C",
    content bytea NOT NULL, -- the client's own JSON, byte for byte; jsonb would rewrite it
    PRIMARY KEY (room, seq, stored)
) PARTITION BY RANGE (stored);

-- Answers whether a message was sent before. Not unique: an id may come again after the window, and the head's lock
-- makes it unique within.
CREATE INDEX message_sent ON message (room, sender, id) WHERE id IS NOT NULL;

-- Which life of the database this is: one row. "started" is when that server process began which was last found to have
-- everything that the nodes know of.
CREATE TABLE life (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    server text NOT NULL,
    started timestamptz NOT NULL,
    epoch text NOT NULL
);

CREATE FUNCTION new_epoch() RETURNS text LANGUAGE sql VOLATILE
    RETURN left(replace(gen_random_uuid()::text, '-', ''), 8);

-- The life's epoch. A new one if the server is another than last time: promoted or copied, so it may be behind what was
-- acked; or if the caller knows of a transaction that is yet to come here: then an older state was restored.
-- Not settled: the server has just started, and other nodes may know more of it than this one; come again.
CREATE FUNCTION begin_life(now_on text, newest_known bigint, patience interval, OUT life_epoch text, OUT settled boolean)
    LANGUAGE plpgsql
    SET search_path = ${flyway:defaultSchema}, pg_temp
AS $$
DECLARE
    found life;
BEGIN
    SELECT * INTO found FROM life;
    IF found.server = now_on AND found.started = pg_postmaster_start_time() THEN
        life_epoch := found.epoch;
        settled := true;
        RETURN;
    END IF;

    INSERT INTO life (server, started, epoch) VALUES (now_on, pg_postmaster_start_time(), new_epoch())
    ON CONFLICT (one) DO NOTHING;
    SELECT * INTO found FROM life FOR UPDATE;
    settled := true;
    IF found.server <> now_on OR found.started <> pg_postmaster_start_time()
            AND newest_known >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint THEN
        UPDATE life SET server = now_on, started = pg_postmaster_start_time(), epoch = new_epoch()
        RETURNING life.epoch INTO life_epoch;
        RETURN;
    END IF;
    life_epoch := found.epoch;
    IF found.started <> pg_postmaster_start_time() THEN
        settled := clock_timestamp() > pg_postmaster_start_time() + patience;
        IF settled THEN
            UPDATE life SET started = pg_postmaster_start_time();
        END IF;
    END IF;
END $$;

-- Where a time falls into a room: the lowest seq whose message is not older than that, by halving. Between messages whose
-- clocks disagree it is one of the places where older meets newer. It costs as many lookups by key as the number of the
-- room's messages has binary digits, wherever in the room the time is.
CREATE FUNCTION seq_at(in_room text, at_ts bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path = ${flyway:defaultSchema}, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    low bigint;
    high bigint;
    middle bigint;
    found_ts bigint;
BEGIN
    IF at_ts <= 0 THEN
        RETURN 1;
    ELSIF at_ts = 9223372036854775807 THEN
        RETURN at_ts;
    END IF;
    SELECT m.seq INTO low FROM message m WHERE m.room = in_room ORDER BY m.seq LIMIT 1;
    SELECT h.seq + 1 INTO high FROM room_head h WHERE h.room = in_room;
    IF low IS NULL OR high IS NULL THEN
        RETURN coalesce(high, 1);
    END IF;
    WHILE low < high LOOP
        middle := low + (high - low) / 2;
        SELECT m.ts INTO found_ts FROM message m WHERE m.room = in_room AND m.seq = middle;
        IF found_ts >= at_ts THEN
            high := middle;
        ELSE
            low := middle + 1; -- also where retention took the message between two of these lookups
        END IF;
    END LOOP;
    RETURN low;
END $$;

-- Locks the heads of those rooms, in one order for all, and begins a new epoch where one is behind what is known.
CREATE FUNCTION lock_heads(rooms text[], known_seqs bigint[], known_epochs text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = ${flyway:defaultSchema}, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    -- All new rooms first: who waits here holds new rooms alone, who waits below has passed here, so no circle closes.
    INSERT INTO room_head (room, seq)
    SELECT k.room, 0 FROM unnest(rooms) k (room)
    WHERE NOT EXISTS (SELECT FROM room_head h WHERE h.room = k.room)
    ORDER BY k.room COLLATE "C"
    ON CONFLICT (room) DO NOTHING;

    PERFORM 1 FROM room_head h WHERE h.room = ANY (rooms) ORDER BY h.room FOR UPDATE;

    UPDATE room_head h SET epoch = new_epoch()
    FROM unnest(rooms, known_seqs, known_epochs) k (room, seq, epoch)
    WHERE h.room = k.room AND h.epoch = k.epoch AND h.seq < k.seq;
END $$;

-- Appends a group: gives the seqs in the drafts' order, a negative one where the message was stored before, and the
-- epochs in the order of known_rooms. Of each draft, "places" says which of known_rooms it goes to, and "nths" its
-- number among those that go there; "counts" has how many these are, a room. No two drafts of a group have the same
-- room, sender and id. "place_in_time" is the transaction's number: a server that has not come so far is an older one.
CREATE FUNCTION append(
    known_rooms text[], known_seqs bigint[], known_epochs text[], counts bigint[],
    rooms text[], places int[], nths bigint[], sent_ts bigint[], senders text[], ids text[], contents bytea[],
    window_ms bigint,
    OUT seqs bigint[], OUT epochs text[], OUT place_in_time bigint)
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
    PERFORM lock_heads(known_rooms, known_seqs, known_epochs);
    place_in_time := pg_current_xact_id()::text::bigint;
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
END $$;
