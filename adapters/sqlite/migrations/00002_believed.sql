-- +goose Up

-- The last run that was read to its end and says what left the feed: not one that was empty, held, or had nameless records.
ALTER TABLE providers ADD COLUMN believed_run INTEGER NOT NULL DEFAULT 0;
UPDATE providers SET believed_run = concluded_run WHERE held_runs = 0;

-- What the record was read by; empty where it is not known.
ALTER TABLE rejections ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE rejections ADD COLUMN currency TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE rejections DROP COLUMN currency;
ALTER TABLE rejections DROP COLUMN time_zone;
ALTER TABLE providers DROP COLUMN believed_run;
