-- +goose Up

-- Instants are seconds since the Unix epoch where events have them, milliseconds everywhere else; prices are
-- ten-thousandths of the currency's unit; ids of events are the 16 bytes of their UUID.

CREATE TABLE providers (
    id            TEXT    NOT NULL PRIMARY KEY,
    current_run   INTEGER NOT NULL,              -- the highest number seen
    concluded_run INTEGER NOT NULL DEFAULT 0,    -- when available events were last seen
    full_read     INTEGER NOT NULL DEFAULT 0,    -- the last concluded run that read the whole feed
    etag          TEXT    NOT NULL DEFAULT '',   -- of the last concluded run
    last_modified TEXT    NOT NULL DEFAULT '',
    held_runs     INTEGER NOT NULL DEFAULT 0,    -- complete runs in a row whose departures were held
    held          BLOB    NOT NULL DEFAULT x'',  -- the events that were missing in all of these, one id after the other
    interval      INTEGER NOT NULL DEFAULT 0,    -- between two fetches, as the last fetcher has it
    known         INTEGER NOT NULL DEFAULT 0,    -- events ever seen
    available     INTEGER NOT NULL DEFAULT 0     -- events in the feed
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    provider      TEXT    NOT NULL,
    number        INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    chunks        INTEGER,                       -- announced; null while unknown
    applied       INTEGER NOT NULL DEFAULT 0,
    added         INTEGER NOT NULL DEFAULT 0,    -- events that it brought into the catalogue
    read_to_end   INTEGER NOT NULL DEFAULT 0,
    not_modified  INTEGER NOT NULL DEFAULT 0,
    failure       TEXT    NOT NULL DEFAULT '',
    etag          TEXT    NOT NULL DEFAULT '',
    last_modified TEXT    NOT NULL DEFAULT '',
    begun_at      INTEGER NOT NULL,
    announced_at  INTEGER,
    ended_at      INTEGER,
    withdrawn     INTEGER NOT NULL DEFAULT 0,
    returned      INTEGER NOT NULL DEFAULT 0,
    held          INTEGER NOT NULL DEFAULT 0,
    note          TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (provider, number)
) STRICT, WITHOUT ROWID;

-- What each applied chunk of an open run saw: event ids one after the other.
CREATE TABLE run_chunks (
    provider TEXT    NOT NULL,
    run      INTEGER NOT NULL,
    chunk    INTEGER NOT NULL,
    seen     BLOB    NOT NULL,
    nameless INTEGER NOT NULL,                   -- rejected records without an identity
    PRIMARY KEY (provider, run, chunk)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id                BLOB    NOT NULL UNIQUE,
    provider          TEXT    NOT NULL,
    base_id           TEXT    NOT NULL,
    event_id          TEXT    NOT NULL,
    title             TEXT    NOT NULL,
    title_fold        TEXT    NOT NULL,
    organizer         TEXT    NOT NULL,
    sell_mode         TEXT    NOT NULL,
    start_at          INTEGER NOT NULL,
    start_offset      INTEGER NOT NULL,          -- of the wall clock, in seconds east of UTC
    end_at            INTEGER NOT NULL,
    end_offset        INTEGER NOT NULL,
    time_zone         TEXT    NOT NULL,
    sale_start_at     INTEGER,
    sale_start_offset INTEGER,
    sale_end_at       INTEGER,
    sale_end_offset   INTEGER,
    sold_out          INTEGER NOT NULL,
    min_price         INTEGER,
    max_price         INTEGER,
    capacity          INTEGER NOT NULL,
    currency          TEXT    NOT NULL,
    category          TEXT    NOT NULL,
    city              TEXT    NOT NULL,
    venue             TEXT    NOT NULL,
    url               TEXT    NOT NULL,
    image             TEXT    NOT NULL,
    first_seen        INTEGER NOT NULL,
    last_seen         INTEGER,                   -- set while it is not in the feed
    available         INTEGER NOT NULL,
    revision          INTEGER NOT NULL,
    fingerprint       BLOB    NOT NULL
) STRICT;

-- A range is found and ordered in this index alone; rows are read only for the page that is shown.
CREATE INDEX events_by_start ON events (start_at, id, end_at);
CREATE INDEX events_by_provider ON events (provider, available, id);

-- An event's zones stand in one row: they are written and read together, and an event may have thousands.
CREATE TABLE zones (
    event_id BLOB NOT NULL PRIMARY KEY,
    zones    BLOB NOT NULL                       -- a JSON list, in the order of the feed
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
    number   INTEGER PRIMARY KEY,                -- in the order of commits, without gaps
    tag      INTEGER NOT NULL,                   -- random, tells histories apart
    kind     TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    run      INTEGER NOT NULL,
    event_id BLOB    NOT NULL,
    state    BLOB    NOT NULL                    -- the event after the change, as JSON
) STRICT;
CREATE INDEX changes_by_event ON changes (event_id, number);

CREATE TABLE change_head (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL,
    tag    INTEGER NOT NULL
) STRICT;
INSERT INTO change_head (id, number, tag) VALUES (1, 0, 0);

CREATE TABLE rejections (
    key        BLOB    NOT NULL PRIMARY KEY,
    provider   TEXT    NOT NULL,
    base_id    TEXT    NOT NULL,
    event_id   TEXT    NOT NULL,
    event      BLOB    NOT NULL,                 -- the event's id, empty without a whole identity
    position   INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    original   BLOB    NOT NULL,
    count      INTEGER NOT NULL,                 -- runs
    first_run  INTEGER NOT NULL,
    last_run   INTEGER NOT NULL,
    resolved   INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rejections_by_provider ON rejections (provider, resolved, updated_at);

CREATE TABLE parked (
    id        TEXT    NOT NULL PRIMARY KEY,
    kind      TEXT    NOT NULL,
    provider  TEXT,                              -- the run that waits for it, where it is known
    run       INTEGER,
    reason    TEXT    NOT NULL,
    attempts  INTEGER NOT NULL,
    header    TEXT    NOT NULL,
    body      BLOB    NOT NULL,
    parked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX parked_by_run ON parked (provider, run);

CREATE TABLE suspects (
    message_id TEXT    NOT NULL PRIMARY KEY,
    times      INTEGER NOT NULL,
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
    name       TEXT    NOT NULL PRIMARY KEY,
    holder     TEXT    NOT NULL,
    fence      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE leases;
DROP TABLE suspects;
DROP TABLE parked;
DROP TABLE rejections;
DROP TABLE change_head;
DROP TABLE changes;
DROP TABLE zones;
DROP TABLE events;
DROP TABLE run_chunks;
DROP TABLE runs;
DROP TABLE providers;
