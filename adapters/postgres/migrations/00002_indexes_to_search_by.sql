-- +goose NO TRANSACTION
-- +goose Up

-- Built concurrently, so that whoever runs meanwhile goes on writing. A build that was interrupted leaves an index that
-- is not valid; it is dropped first, so that the migration can simply be run again.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Words in titles, anywhere in them.
DROP INDEX CONCURRENTLY IF EXISTS events_by_words;
CREATE INDEX CONCURRENTLY events_by_words ON events USING gin (title_fold gin_trgm_ops);

-- The orders in which pages are shown, each with the id that settles ties. A title may be longer than an entry of an
-- index; its beginning goes far enough.
DROP INDEX CONCURRENTLY IF EXISTS events_by_end;
CREATE INDEX CONCURRENTLY events_by_end ON events (end_at, id, start_at);
DROP INDEX CONCURRENTLY IF EXISTS events_by_title;
CREATE INDEX CONCURRENTLY events_by_title ON events (left(title_fold, 200), id);

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS events_by_title;
DROP INDEX CONCURRENTLY IF EXISTS events_by_end;
DROP INDEX CONCURRENTLY IF EXISTS events_by_words;
