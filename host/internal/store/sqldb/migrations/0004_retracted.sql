-- Slots that the chain gave up, at commitment processed. Everything said of the slot by records with a lower number (cause) is void. event is
-- that by which the store learned of it.
CREATE TABLE retractions (
  slot @int NOT NULL,
  cause @int NOT NULL,
  event @int NOT NULL,
  PRIMARY KEY (slot, cause)
) @strict;

-- What was taken back: rows of trades, liquidity_events, fees and signals that stood there, or came when the slot was known to be void. kind
-- is that of the output, or the name of the table for the first three.
CREATE TABLE retracted (
  event @id,
  instance @text NOT NULL,
  cause @int NOT NULL,
  idx @int NOT NULL,
  kind @text NOT NULL,
  slot @int NOT NULL,
  block_time @int,
  signature @text,
  mint @text,
  quote_mint @text,
  pool @text,
  actor @text
) @strict;
CREATE INDEX retracted_slot ON retracted (slot);

-- Something of a slot that never happened is counted in the row and cannot be taken out of it. NULL: nothing is.
ALTER TABLE tokens ADD COLUMN retracted @bool;
ALTER TABLE candles ADD COLUMN retracted @bool;
ALTER TABLE windows ADD COLUMN retracted @bool;
ALTER TABLE pool_periods ADD COLUMN retracted @bool;
ALTER TABLE positions ADD COLUMN retracted @bool;
ALTER TABLE fees ADD COLUMN retracted @bool;
ALTER TABLE signals ADD COLUMN retracted @bool;

-- Slot in which a finding happened, where it is one: it is given out in a later slot.
ALTER TABLE signals ADD COLUMN found_slot @int;

-- Rows of a slot are looked for when it is retracted.
CREATE INDEX trades_slot ON trades (slot);
CREATE INDEX liquidity_events_slot ON liquidity_events (slot);
CREATE INDEX fees_slot ON fees (slot);
CREATE INDEX signals_slot ON signals (slot);
CREATE INDEX signals_found_slot ON signals (found_slot) WHERE found_slot IS NOT NULL;
CREATE INDEX tokens_created_slot ON tokens (created_slot) WHERE created_slot IS NOT NULL;
CREATE INDEX tokens_completed_slot ON tokens (completed_slot) WHERE completed_slot IS NOT NULL;
CREATE INDEX tokens_migrated_slot ON tokens (migrated_slot) WHERE migrated_slot IS NOT NULL;
CREATE INDEX token_figures_slot ON token_figures (slot);
CREATE INDEX pools_last_slot ON pools (last_slot);
CREATE INDEX pools_created_slot ON pools (created_slot) WHERE created_slot IS NOT NULL;
CREATE INDEX positions_slot ON positions (slot);
