-- +goose Up

-- When the event took place before the change; null where that is when it takes place after it, or where nobody wrote it down.
ALTER TABLE changes ADD COLUMN was_start INTEGER;
ALTER TABLE changes ADD COLUMN was_end INTEGER;

-- +goose Down
ALTER TABLE changes DROP COLUMN was_end;
ALTER TABLE changes DROP COLUMN was_start;
