-- +goose Up

-- Instants are seconds since the Unix epoch where events have them, milliseconds everywhere else; prices are
-- ten-thousandths of the currency's unit; text is compared by its bytes, so that every store orders it alike.

-- The oldest schema that a program may know and still work on this one. A migration that a running program could not
-- bear raises it, and only follows when no such program is left.
CREATE TABLE schema_floor (
    id     integer NOT NULL PRIMARY KEY CHECK (id = 1),
    oldest bigint  NOT NULL
);
INSERT INTO schema_floor (id, oldest) VALUES (1, 1);

-- Rows that every transaction changes have room beside them, so that a new version fits on the same page.
CREATE TABLE providers (
    id            text    NOT NULL PRIMARY KEY,
    current_run   bigint  NOT NULL,              -- the highest number seen
    concluded_run bigint  NOT NULL DEFAULT 0,    -- when available events were last seen
    full_read     bigint  NOT NULL DEFAULT 0,    -- the last concluded run that read the whole feed
    believed_run  bigint  NOT NULL DEFAULT 0,    -- the last of these that says what left the feed
    etag          text    NOT NULL DEFAULT '',   -- of the last concluded run
    last_modified text    NOT NULL DEFAULT '',
    held_runs     integer NOT NULL DEFAULT 0,    -- complete runs in a row whose departures were held
    held          bytea   NOT NULL DEFAULT '',   -- the events that were missing in all of these, one id after the other
    interval      bigint  NOT NULL DEFAULT 0,    -- between two fetches, as the last fetcher has it
    known         bigint  NOT NULL DEFAULT 0,    -- events ever seen
    available     bigint  NOT NULL DEFAULT 0     -- events in the feed
) WITH (fillfactor = 20);

CREATE TABLE runs (
    provider      text    NOT NULL,
    number        bigint  NOT NULL,
    state         text    NOT NULL,
    chunks        bigint,                        -- announced; null while unknown
    applied       bigint  NOT NULL DEFAULT 0,
    added         bigint  NOT NULL DEFAULT 0,    -- events that it brought into the catalogue
    read_to_end   boolean NOT NULL DEFAULT FALSE,
    not_modified  boolean NOT NULL DEFAULT FALSE,
    failure       text    NOT NULL DEFAULT '',
    etag          text    NOT NULL DEFAULT '',
    last_modified text    NOT NULL DEFAULT '',
    begun_at      bigint  NOT NULL,
    announced_at  bigint,
    ended_at      bigint,
    withdrawn     bigint  NOT NULL DEFAULT 0,
    returned      bigint  NOT NULL DEFAULT 0,
    held          bigint  NOT NULL DEFAULT 0,
    note          text    NOT NULL DEFAULT '',
    PRIMARY KEY (provider, number)
) WITH (fillfactor = 50);

-- What each applied chunk of an open run saw: event ids one after the other. It is read once and deleted, and random,
-- so compressing it is wasted.
CREATE TABLE run_chunks (
    provider text    NOT NULL,
    run      bigint  NOT NULL,
    chunk    bigint  NOT NULL,
    seen     bytea   NOT NULL,
    nameless bigint  NOT NULL,                   -- rejected records without an identity
    PRIMARY KEY (provider, run, chunk)
);
ALTER TABLE run_chunks ALTER COLUMN seen SET STORAGE EXTERNAL;

CREATE TABLE events (
    id                uuid    NOT NULL PRIMARY KEY,
    provider          text    NOT NULL,
    base_id           text    NOT NULL,
    event_id          text    NOT NULL,
    title             text    NOT NULL,
    title_fold        text    COLLATE "C" NOT NULL,
    organizer         text    NOT NULL,
    sell_mode         text    NOT NULL,
    start_at          bigint  NOT NULL,
    start_offset      integer NOT NULL,          -- of the wall clock, in seconds east of UTC
    end_at            bigint  NOT NULL,
    end_offset        integer NOT NULL,
    time_zone         text    NOT NULL,
    sale_start_at     bigint,
    sale_start_offset integer,
    sale_end_at       bigint,
    sale_end_offset   integer,
    sold_out          boolean NOT NULL,
    min_price         bigint,
    max_price         bigint,
    capacity          bigint  NOT NULL,
    currency          text    NOT NULL,
    category          text    NOT NULL,
    city              text    NOT NULL,
    venue             text    NOT NULL,
    url               text    NOT NULL,
    image             text    NOT NULL,
    first_seen        bigint  NOT NULL,
    last_seen         bigint,                    -- set while it is not in the feed
    available         boolean NOT NULL,
    revision          bigint  NOT NULL,
    fingerprint       bytea   NOT NULL
) WITH (fillfactor = 85);

-- A range is found and ordered in this index alone; rows are read only for the page that is shown.
CREATE INDEX events_by_start ON events (start_at, id, end_at);
CREATE INDEX events_by_provider ON events (provider, id, available);

-- An event's zones stand in one row: they are written and read together, and an event may have thousands.
CREATE TABLE zones (
    event_id uuid NOT NULL PRIMARY KEY,
    zones    json NOT NULL                       -- a list, in the order of the feed
) WITH (fillfactor = 85);

CREATE TABLE changes (
    number    bigint NOT NULL PRIMARY KEY,       -- in the order of commits, without gaps
    tag       bigint NOT NULL,                   -- random, tells histories apart
    kind      text   NOT NULL,
    provider  text   NOT NULL,
    run       bigint NOT NULL,
    event_id  uuid   NOT NULL,
    state     json   NOT NULL,                   -- the event after the change
    was_start bigint,                            -- when it took place before; null where that is when it takes place after it
    was_end   bigint
);
CREATE INDEX changes_by_event ON changes (event_id, number);

CREATE TABLE change_head (
    id     integer NOT NULL PRIMARY KEY CHECK (id = 1),
    number bigint  NOT NULL,
    tag    bigint  NOT NULL
) WITH (fillfactor = 10);
INSERT INTO change_head (id, number, tag) VALUES (1, 0, 0);

CREATE TABLE rejections (
    key        bytea   NOT NULL PRIMARY KEY,
    provider   text    NOT NULL,
    base_id    text    NOT NULL,
    event_id   text    NOT NULL,
    event      bytea   NOT NULL,                 -- the event's id, empty without a whole identity
    position   bigint  NOT NULL,
    reason     text    NOT NULL,
    detail     text    NOT NULL,
    original   bytea   NOT NULL,
    count      bigint  NOT NULL,                 -- runs
    first_run  bigint  NOT NULL,
    last_run   bigint  NOT NULL,
    resolved   boolean NOT NULL,
    updated_at bigint  NOT NULL,
    time_zone  text    NOT NULL,                 -- by which it was read
    currency   text    NOT NULL
);
CREATE INDEX rejections_by_provider ON rejections (provider, resolved, updated_at);

CREATE TABLE parked (
    id        text   NOT NULL PRIMARY KEY,
    kind      text   NOT NULL,
    provider  text,                              -- the run that waits for it, where it is known
    run       bigint,
    reason    text   NOT NULL,
    attempts  bigint NOT NULL,
    header    text   NOT NULL,
    body      bytea  NOT NULL,
    parked_at bigint NOT NULL
);
ALTER TABLE parked ALTER COLUMN body SET STORAGE EXTERNAL; -- it is compressed already
CREATE INDEX parked_by_run ON parked (provider, run);

CREATE TABLE suspects (
    message_id text   NOT NULL PRIMARY KEY,
    times      bigint NOT NULL,
    at         bigint NOT NULL
);

CREATE TABLE leases (
    name       text   NOT NULL PRIMARY KEY,
    holder     text   NOT NULL,
    fence      bigint NOT NULL,
    expires_at bigint NOT NULL
) WITH (fillfactor = 20);

-- +goose Down
DROP TABLE leases, suspects, parked, rejections, change_head, changes, zones, events, run_chunks, runs, providers, schema_floor;
