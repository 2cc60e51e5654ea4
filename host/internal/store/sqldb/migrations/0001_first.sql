-- Types: @id and @int are whole numbers with a sign, @amount and @wide exact ones without (u64, u128), @text is compared by bytes.
-- Keys and signatures are base58. Times are Unix seconds of the chain unless a comment says otherwise. NULL: not known.

-- What the store itself must know. One row; commits rises by one with each transaction, so that a second writer is noticed.
CREATE TABLE counters (
  id @int PRIMARY KEY,
  commits @int NOT NULL,
  next_event @int NOT NULL
) @strict;
INSERT INTO counters (id, commits, next_event) VALUES (1, 0, 1);

-- How far each stream has been read: the last position, and the checksum of what lay there.
CREATE TABLE cursors (
  stream @text PRIMARY KEY,
  identity @text NOT NULL,
  position @int NOT NULL,
  checksum @int NOT NULL
) @strict;

-- The last output of each instance that is stored: (cause, idx) names an output for ever.
CREATE TABLE instances (
  instance @text PRIMARY KEY,
  cause @int NOT NULL,
  idx @int NOT NULL
) @strict;

-- When events were stored: all events from this one on came at or after at (Unix seconds of the host). One row a minute at most.
CREATE TABLE clock (
  event @id,
  at @int NOT NULL
) @strict;

-- Positions of a stream that retention took before they were stored, or that are damaged. at: Unix seconds of the host.
CREATE TABLE missed (
  stream @text NOT NULL,
  from_position @int NOT NULL,
  to_position @int NOT NULL,
  at @int NOT NULL
) @strict;

-- Outputs that the database refused, and why. message is the eventv1.Output as it came.
CREATE TABLE refused (
  event @id,
  instance @text NOT NULL,
  cause @int NOT NULL,
  idx @int NOT NULL,
  kind @text NOT NULL,
  error @text NOT NULL,
  message @bytes NOT NULL
) @strict;

-- Gaps of the chain's data as the ledger of weir gaps has them. found_at and healed_at: Unix seconds of the host.
CREATE TABLE gaps (
  from_slot @int NOT NULL,
  to_slot @int NOT NULL,
  subscription_groups @text NOT NULL,
  state @text NOT NULL,
  reason @text,
  endpoint @text,
  found_at @int,
  healed_at @int
) @strict;
CREATE INDEX gaps_to_slot ON gaps (to_slot);

-- One row a coin: its life, and its last trade. Prices are ratios: one raw unit costs price_quote / price_base raw units.
CREATE TABLE tokens (
  mint @text PRIMARY KEY,
  first_event @int NOT NULL,
  name @text,
  symbol @text,
  creator @text,
  curve @text,
  quote_mint @text,
  phase @text,
  created_event @int,
  created_slot @int,
  created_at @int,
  created_signature @text,
  completed_event @int,
  completed_slot @int,
  completed_at @int,
  completed_signature @text,
  migrated_event @int,
  migrated_slot @int,
  migrated_at @int,
  migrated_signature @text,
  pool @text,
  pool_quote_amount @amount,
  curve_trades @int,
  base_decimals @int,
  trades @int,
  buys @int,
  sells @int,
  base_volume @wide,
  last_event @int,
  last_slot @int,
  last_at @int,
  last_venue @text,
  last_pool @text,
  last_quote_mint @text,
  last_quote_decimals @int,
  quote_volume @wide,
  price_quote @amount,
  price_base @amount
) @strict;
CREATE INDEX tokens_first ON tokens (first_event);
CREATE INDEX tokens_created ON tokens (created_event) WHERE created_event IS NOT NULL;
CREATE INDEX tokens_migrated ON tokens (migrated_event) WHERE migrated_event IS NOT NULL;
CREATE INDEX tokens_last ON tokens (last_event) WHERE last_event IS NOT NULL;
CREATE INDEX tokens_creator ON tokens (creator, first_event);
CREATE INDEX tokens_symbol ON tokens (lower(symbol));
CREATE INDEX tokens_name ON tokens (lower(name));

-- One row a trade.
CREATE TABLE trades (
  event @id,
  instance @text NOT NULL,
  cause @int NOT NULL,
  idx @int NOT NULL,
  slot @int NOT NULL,
  block_time @int,
  signature @text NOT NULL,
  venue @text NOT NULL,
  pool @text NOT NULL,
  trader @text,
  mint @text NOT NULL,
  quote_mint @text,
  side @text NOT NULL,
  base_amount @amount NOT NULL,
  quote_amount @amount NOT NULL,
  pool_quote_amount @amount NOT NULL,
  quote_fees @amount NOT NULL,
  price_quote @amount,
  price_base @amount,
  price_source @text,
  price_impact_ppm @int,
  slippage_ppm @int,
  limit_room_ppm @int,
  fee_ppm @amount,
  priority_fee @amount,
  tip @amount,
  router @text,
  usd_micros @amount,
  usd_slot @int,
  agent @bool NOT NULL
) @strict;
CREATE INDEX trades_mint ON trades (mint, event);
CREATE INDEX trades_pool ON trades (pool, event);
CREATE INDEX trades_trader ON trades (trader, event);

-- One row a pair, length and interval.
CREATE TABLE candles (
  event @id,
  instance @text NOT NULL,
  cause @int NOT NULL,
  idx @int NOT NULL,
  mint @text NOT NULL,
  quote_mint @text NOT NULL,
  seconds @int NOT NULL,
  start_time @int NOT NULL,
  open_quote @amount,
  open_base @amount,
  high_quote @amount,
  high_base @amount,
  low_quote @amount,
  low_base @amount,
  close_quote @amount,
  close_base @amount,
  buys @int NOT NULL,
  sells @int NOT NULL,
  base_volume @wide NOT NULL,
  quote_volume @wide NOT NULL,
  late_trades @int NOT NULL
) @strict;
CREATE INDEX candles_pair ON candles (mint, quote_mint, seconds, start_time);

-- The last window of each pair and length.
CREATE TABLE windows (
  mint @text NOT NULL,
  quote_mint @text NOT NULL,
  seconds @int NOT NULL,
  event @int NOT NULL,
  end_time @int NOT NULL,
  buys @int NOT NULL,
  sells @int NOT NULL,
  base_volume @wide NOT NULL,
  quote_volume @wide NOT NULL,
  buy_quote_volume @wide,
  traders @int NOT NULL,
  traders_estimated @bool NOT NULL,
  high_quote @amount,
  high_base @amount,
  low_quote @amount,
  low_base @amount,
  PRIMARY KEY (mint, quote_mint, seconds)
) @strict;
CREATE INDEX windows_end ON windows (seconds, end_time);

-- One row a pool. Base is the coin and quote the currency (USDC, else USDT, else SOL), whatever the venue calls them.
CREATE TABLE pools (
  pool @text PRIMARY KEY,
  first_event @int NOT NULL,
  venue @text NOT NULL,
  base_mint @text,
  quote_mint @text,
  created_event @int,
  created_slot @int,
  created_at @int,
  created_signature @text,
  creator @text,
  last_event @int NOT NULL,
  last_slot @int NOT NULL,
  last_at @int,
  last_change @text NOT NULL,
  base_reserve @amount,
  quote_reserve @amount,
  price_base_reserve @amount,
  price_quote_reserve @amount
) @strict;
CREATE INDEX pools_first ON pools (first_event);
CREATE INDEX pools_last ON pools (last_event);
CREATE INDEX pools_base_mint ON pools (base_mint, first_event);

-- One row each time that a pool was opened or liquidity went in or out.
CREATE TABLE liquidity_events (
  event @id,
  instance @text NOT NULL,
  cause @int NOT NULL,
  idx @int NOT NULL,
  slot @int NOT NULL,
  block_time @int,
  signature @text NOT NULL,
  venue @text NOT NULL,
  pool @text NOT NULL,
  change @text NOT NULL,
  owner @text,
  base_mint @text,
  quote_mint @text,
  base_amount @amount NOT NULL,
  quote_amount @amount NOT NULL,
  lp_amount @amount,
  base_reserve @amount,
  quote_reserve @amount
) @strict;
CREATE INDEX liquidity_events_pool ON liquidity_events (pool, event);
CREATE INDEX liquidity_events_owner ON liquidity_events (owner, event);

-- One row a finding (MEV, patterns), and one for every output that no other table is made for. body is the output's content.
CREATE TABLE signals (
  event @id,
  instance @text NOT NULL,
  cause @int NOT NULL,
  idx @int NOT NULL,
  kind @text NOT NULL,
  about @text,
  slot @int NOT NULL,
  block_time @int,
  signature @text,
  mint @text,
  quote_mint @text,
  pool @text,
  actor @text,
  trades @int,
  gross_profit @int,
  costs @amount,
  profit @int,
  victim_loss @int,
  body @json
) @strict;
CREATE INDEX signals_kind ON signals (kind, event);
CREATE INDEX signals_mint ON signals (mint, event);
CREATE INDEX signals_actor ON signals (actor, event);
