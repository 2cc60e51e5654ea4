-- What the lifecycle monitor says of a coin beside its phases.
ALTER TABLE tokens ADD COLUMN uri @text;
ALTER TABLE tokens ADD COLUMN token_program @text;
ALTER TABLE tokens ADD COLUMN total_supply @amount;
ALTER TABLE tokens ADD COLUMN pool_base_amount @amount;
ALTER TABLE tokens ADD COLUMN migration_fee @amount;
ALTER TABLE tokens ADD COLUMN mayhem @bool;
ALTER TABLE tokens ADD COLUMN activity @text;
ALTER TABLE tokens ADD COLUMN activity_event @int;

-- The last figures of each coin, all of one moment. NULL: not known then, whatever was known before.
CREATE TABLE token_figures (
  mint @text PRIMARY KEY,
  event @int NOT NULL,
  slot @int NOT NULL,
  at @int,
  phase @text,
  quote_mint @text,
  trades @int NOT NULL,
  buys @int NOT NULL,
  agent_trades @int NOT NULL,
  complete @bool NOT NULL,
  holders @int,
  market_cap @amount,
  market_cap_usd_micros @amount,
  usd_slot @int,
  progress_ppm @int,
  price_quote @amount,
  price_base @amount,
  base_reserve @amount,
  quote_reserve @amount
) @strict;
CREATE INDEX token_figures_progress ON token_figures (phase, progress_ppm);
CREATE INDEX token_figures_market_cap ON token_figures (market_cap_usd_micros) WHERE market_cap_usd_micros IS NOT NULL;

-- What the liquidity monitor says of a pool. Value is what both sides are worth in value_mint.
ALTER TABLE pools ADD COLUMN lp_supply @amount;
ALTER TABLE pools ADD COLUMN lp_burned @amount;
ALTER TABLE pools ADD COLUMN lp_locked @amount;
ALTER TABLE pools ADD COLUMN value_mint @text;
ALTER TABLE pools ADD COLUMN value_amount @amount;
ALTER TABLE pools ADD COLUMN value_usd_micros @amount;
ALTER TABLE pools ADD COLUMN depth @json;
ALTER TABLE pools ADD COLUMN depth_event @int;
CREATE INDEX pools_value ON pools (value_usd_micros) WHERE value_usd_micros IS NOT NULL;
ALTER TABLE liquidity_events ADD COLUMN lp_supply @amount;
ALTER TABLE liquidity_events ADD COLUMN share_ppm @int;
ALTER TABLE liquidity_events ADD COLUMN value_mint @text;
ALTER TABLE liquidity_events ADD COLUMN value_amount @amount;
ALTER TABLE liquidity_events ADD COLUMN value_usd_micros @amount;

-- One row a provider's part of a pool, after its last change. nft_mint is empty but for concentrated liquidity.
CREATE TABLE positions (
  pool @text NOT NULL,
  owner @text NOT NULL,
  nft_mint @text NOT NULL,
  first_event @int NOT NULL,
  event @int NOT NULL,
  slot @int NOT NULL,
  at @int,
  signature @text,
  venue @text NOT NULL,
  change @text NOT NULL,
  base_mint @text,
  quote_mint @text,
  lp_amount @amount,
  lp_supply @amount,
  share_ppm @int,
  base_amount @amount,
  quote_amount @amount,
  entry_base_amount @amount,
  entry_quote_amount @amount,
  impermanent_loss_ppm @int,
  liquidity @wide,
  tick_lower @int,
  tick_upper @int,
  fees_base_amount @amount,
  fees_quote_amount @amount,
  locked @bool NOT NULL,
  PRIMARY KEY (pool, owner, nft_mint)
) @strict;
CREATE INDEX positions_owner ON positions (owner, event);
CREATE INDEX positions_event ON positions (event);

-- One row each time that fees were swept out of a pool. accrued and swept are sums since since_slot, of this kind and mint.
CREATE TABLE fees (
  event @id,
  instance @text NOT NULL,
  cause @int NOT NULL,
  idx @int NOT NULL,
  slot @int NOT NULL,
  block_time @int,
  signature @text NOT NULL,
  venue @text NOT NULL,
  pool @text NOT NULL,
  base_mint @text,
  quote_mint @text,
  recipient @text,
  fee_kind @text NOT NULL,
  mint @text,
  amount @amount NOT NULL,
  accrued @wide,
  swept @wide,
  since_slot @int
) @strict;
CREATE INDEX fees_pool ON fees (pool, event);
CREATE INDEX fees_recipient ON fees (recipient, event);

-- One row a pool and period. fees and depth are JSON, as weir events prints them.
CREATE TABLE pool_periods (
  event @id,
  instance @text NOT NULL,
  cause @int NOT NULL,
  idx @int NOT NULL,
  venue @text NOT NULL,
  pool @text NOT NULL,
  base_mint @text,
  quote_mint @text,
  seconds @int NOT NULL,
  start_time @int NOT NULL,
  trades @int NOT NULL,
  base_volume @wide NOT NULL,
  quote_volume @wide NOT NULL,
  added_base @wide NOT NULL,
  added_quote @wide NOT NULL,
  removed_base @wide NOT NULL,
  removed_quote @wide NOT NULL,
  base_reserve @amount,
  quote_reserve @amount,
  lp_supply @amount,
  value_mint @text,
  value_amount @amount,
  value_usd_micros @amount,
  turnover_ppm @amount,
  fee_apr_ppm @amount,
  late @int NOT NULL,
  fees @json,
  depth @json
) @strict;
CREATE INDEX pool_periods_pool ON pool_periods (pool, seconds, start_time);

-- One row an alert that was raised. position is that of the stream of alerts; times are Unix nanoseconds of the host.
CREATE TABLE alerts (
  event @id,
  position @int NOT NULL,
  at_nanos @int NOT NULL,
  since_nanos @int NOT NULL,
  rule @text NOT NULL,
  subject @text,
  severity @text NOT NULL,
  state @text NOT NULL,
  detail @text,
  remedy @text,
  size @amount,
  instance @text,
  about @json
) @strict;
CREATE INDEX alerts_rule ON alerts (rule, event);
