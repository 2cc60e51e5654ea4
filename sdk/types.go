package sdk

import (
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Records and what is in them. A handler may keep what it is given, unless Monitor.ReuseRecords says otherwise.
type (
	// Record is one fact of the chain.
	Record = eventv1.Record
	// InstructionPath is the place of an instruction in its transaction.
	InstructionPath = eventv1.InstructionPath
	// Trade is one swap on one venue.
	Trade = eventv1.Trade
	// Fee is one fee of a trade.
	Fee = eventv1.Fee
	// Reserves of a pool or curve.
	Reserves = eventv1.Reserves
	// ConcentratedPrice is the price and liquidity of a pool of concentrated liquidity.
	ConcentratedPrice = eventv1.ConcentratedPrice
	// DollarPrice is what a mint is worth in US dollars.
	DollarPrice = eventv1.DollarPrice
	// Position is a part of such a pool.
	Position = eventv1.Position
	// TokenCreated is a launch on a bonding curve.
	TokenCreated = eventv1.TokenCreated
	// CurveCompleted says that nothing is left to sell on a curve.
	CurveCompleted = eventv1.CurveCompleted
	// TokenMigrated says that a curve's liquidity moved to a pool.
	TokenMigrated = eventv1.TokenMigrated
	// PoolCreated says that a pool was opened.
	PoolCreated = eventv1.PoolCreated
	// LiquidityChanged says that liquidity went into or out of a pool.
	LiquidityChanged = eventv1.LiquidityChanged
	// TransactionFailed is a transaction of a venue that had an error.
	TransactionFailed = eventv1.TransactionFailed
	// FeesMoved says that fees reached a receiver.
	FeesMoved = eventv1.FeesMoved
	// FeeShare is one receiver's part of fees.
	FeeShare = eventv1.FeeShare
	// ReservesChanged says that reserves changed without a trade.
	ReservesChanged = eventv1.ReservesChanged
	// LpMoved says that LP tokens, or the NFT of a position, moved, were burned or locked.
	LpMoved = eventv1.LpMoved
	// TokenMetadata is what accounts of the chain say of a token whose creation was not seen.
	TokenMetadata = eventv1.TokenMetadata
	// CurveState is what the account of a bonding curve says at one slot.
	CurveState = eventv1.CurveState
	// Gap says that data of some slots could not be had.
	Gap = eventv1.Gap
	// SlotRetracted says that a slot never happened. Monitors get it as OnRetract.
	SlotRetracted = eventv1.SlotRetracted
	// ProgramEvent is what an operator's IDL makes of an instruction or event of its program. FindField finds values in it.
	ProgramEvent = eventv1.ProgramEvent
	// ProgramField is a value of a ProgramEvent with its name.
	ProgramField = eventv1.ProgramField
	// PoolState is a pool after a record.
	PoolState = pluginv1.PoolState
	// MintPrice is what the newest trade of a mint says.
	MintPrice = pluginv1.MintPrice
	// JournalGap says that numbered records were lost to this instance.
	JournalGap = pluginv1.JournalGap
)

// Outputs and their contents.
type (
	// Output is one event of a monitor.
	Output = eventv1.Output
	// Signal is the content of outputs that have no message of their own.
	Signal = eventv1.Signal
	// SignalBody puts a Signal into Output.Body.
	SignalBody = eventv1.Output_Signal
	// SlotRetractedBody puts a SlotRetracted into Output.Body; see Host.Retracted.
	SlotRetractedBody = eventv1.Output_SlotRetracted
	// TokenPhaseChanged says that a token entered a phase.
	TokenPhaseChanged = eventv1.TokenPhaseChanged
	// TokenPhaseChangedBody puts a TokenPhaseChanged into Output.Body.
	TokenPhaseChangedBody = eventv1.Output_TokenPhaseChanged
	// TokenFigures are what is known of a token in a moment.
	TokenFigures = eventv1.TokenFigures
	// TokenCreator is what was seen of a creator before.
	TokenCreator = eventv1.TokenCreator
	// SyntheticMigration is the part of a completing buy that went past the end of the curve.
	SyntheticMigration = eventv1.SyntheticMigration
	// TokenMilestone says that a token reached a threshold.
	TokenMilestone = eventv1.TokenMilestone
	// TokenMilestoneBody puts a TokenMilestone into Output.Body.
	TokenMilestoneBody = eventv1.Output_TokenMilestone
	// TokenActivity says that a token was abandoned or came back.
	TokenActivity = eventv1.TokenActivity
	// TokenActivityBody puts a TokenActivity into Output.Body.
	TokenActivityBody = eventv1.Output_TokenActivity
	// TokenState says how a token stands.
	TokenState = eventv1.TokenState
	// TokenStateBody puts a TokenState into Output.Body.
	TokenStateBody = eventv1.Output_TokenState
	// TradeReported is a trade with running totals of its mint.
	TradeReported = eventv1.TradeReported
	// TradeReportedBody puts a TradeReported into Output.Body.
	TradeReportedBody = eventv1.Output_TradeReported
	// Price is an exact ratio of raw units.
	Price = eventv1.Price
	// CandleClosed is an interval of a coin's trades.
	CandleClosed = eventv1.CandleClosed
	// CandleClosedBody puts a CandleClosed into Output.Body.
	CandleClosedBody = eventv1.Output_CandleClosed
	// WindowClosed is what a coin did in the time before a moment.
	WindowClosed = eventv1.WindowClosed
	// WindowClosedBody puts a WindowClosed into Output.Body.
	WindowClosedBody = eventv1.Output_WindowClosed
	// Finding is something that trades did together.
	Finding = eventv1.Finding
	// FindingBody puts a Finding into Output.Body.
	FindingBody = eventv1.Output_Finding
	// FindingTrade is one piece of its evidence.
	FindingTrade = eventv1.FindingTrade
	// PoolReported is a pool after a change.
	PoolReported = eventv1.PoolReported
	// PoolReportedBody puts a PoolReported into Output.Body.
	PoolReportedBody = eventv1.Output_PoolReported
	// PoolValue is what both sides of a pool are worth.
	PoolValue = eventv1.PoolValue
	// PoolPosition is a provider's part of a pool.
	PoolPosition = eventv1.PoolPosition
	// PoolPositionBody puts a PoolPosition into Output.Body.
	PoolPositionBody = eventv1.Output_PoolPosition
	// PoolFee is fees that were swept out of a pool.
	PoolFee = eventv1.PoolFee
	// PoolFeeBody puts a PoolFee into Output.Body.
	PoolFeeBody = eventv1.Output_PoolFee
	// FeeTotal is one kind of fee, accrued and swept.
	FeeTotal = eventv1.FeeTotal
	// PoolDepth is what it takes to move the price of a pool.
	PoolDepth = eventv1.PoolDepth
	// PoolDepthBody puts a PoolDepth into Output.Body.
	PoolDepthBody = eventv1.Output_PoolDepth
	// DepthStep is one step of it.
	DepthStep = eventv1.DepthStep
	// PoolPeriod is what happened to a pool in a period.
	PoolPeriod = eventv1.PoolPeriod
	// PoolPeriodBody puts a PoolPeriod into Output.Body.
	PoolPeriodBody = eventv1.Output_PoolPeriod
	// PoolDrained is a pool that one wallet emptied.
	PoolDrained = eventv1.PoolDrained
	// PoolDrainedBody puts a PoolDrained into Output.Body.
	PoolDrainedBody = eventv1.Output_PoolDrained
	// DrainStep is one piece of its evidence.
	DrainStep = eventv1.DrainStep
)

// Enumerations.
type (
	// Kind names the body of a record.
	Kind = eventv1.Kind
	// Venue is the program on which something happened.
	Venue = eventv1.Venue
	// Side of a trade, seen from the trader.
	Side = eventv1.Side
	// FeeKind says to whom a fee goes.
	FeeKind = eventv1.FeeKind
	// Strategy says which source of a transaction a record comes from.
	Strategy = eventv1.Strategy
	// LiquidityDirection says which way liquidity went.
	LiquidityDirection = eventv1.LiquidityDirection
	// FeesMovement is what happened to fees.
	FeesMovement = eventv1.FeesMovement
	// ReservesChange says why reserves changed without a trade.
	ReservesChange = eventv1.ReservesChange
	// TokenPhase is a step in the life of a launched token.
	TokenPhase = eventv1.TokenPhase
	// LpMovement says what happened to LP tokens.
	LpMovement = eventv1.LpMovement
	// PositionChange is what happened to a provider's part of a pool.
	PositionChange = eventv1.PositionChange
	// Absent says why a figure is not there.
	Absent = eventv1.Absent
	// DrainCause is how a pool was emptied.
	DrainCause = eventv1.DrainCause
	// TokenEvidence is what a phase was read from.
	TokenEvidence = eventv1.TokenEvidence
	// TokenMeasure is what a milestone counts.
	TokenMeasure = eventv1.TokenMeasure
	// TokenActivityChange is a token falling silent or coming back.
	TokenActivityChange = eventv1.TokenActivityChange
	// Absence is why a figure is not there.
	Absence = eventv1.Absence
	// PoolChange is what happened to a pool.
	PoolChange = eventv1.PoolChange
	// PriceSource says what a price was read from.
	PriceSource = eventv1.PriceSource
	// FindingRole is the part that a trade plays in a finding.
	FindingRole = eventv1.FindingRole
	// FindingLink says why two trades are taken for those of one attacker.
	FindingLink = eventv1.FindingLink
	// Determinism says whether a replay gives the same outputs.
	Determinism = pluginv1.Determinism
)

// Values of the enumerations.
const (
	Buy  = eventv1.Side_SIDE_BUY
	Sell = eventv1.Side_SIDE_SELL

	Pump             = eventv1.Venue_VENUE_PUMP
	PumpSwap         = eventv1.Venue_VENUE_PUMPSWAP
	RaydiumV4        = eventv1.Venue_VENUE_RAYDIUM_V4
	RaydiumCPMM      = eventv1.Venue_VENUE_RAYDIUM_CPMM
	RaydiumCLMM      = eventv1.Venue_VENUE_RAYDIUM_CLMM
	RaydiumLaunchLab = eventv1.Venue_VENUE_RAYDIUM_LAUNCHLAB
	OrcaWhirlpool    = eventv1.Venue_VENUE_ORCA_WHIRLPOOL
	MeteoraDBC       = eventv1.Venue_VENUE_METEORA_DBC
	MeteoraDAMMv2    = eventv1.Venue_VENUE_METEORA_DAMM_V2

	FeeProtocol      = eventv1.FeeKind_FEE_KIND_PROTOCOL
	FeeCreator       = eventv1.FeeKind_FEE_KIND_CREATOR
	FeeLP            = eventv1.FeeKind_FEE_KIND_LP
	FeeCashback      = eventv1.FeeKind_FEE_KIND_CASHBACK
	FeeHolderRewards = eventv1.FeeKind_FEE_KIND_HOLDER_REWARDS
	FeeBuyback       = eventv1.FeeKind_FEE_KIND_BUYBACK
	FeeSwap          = eventv1.FeeKind_FEE_KIND_SWAP
	FeeTransfer      = eventv1.FeeKind_FEE_KIND_TRANSFER
	FeePlatform      = eventv1.FeeKind_FEE_KIND_PLATFORM
	FeeReferrer      = eventv1.FeeKind_FEE_KIND_REFERRER

	LiquidityAdded   = eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_ADDED
	LiquidityRemoved = eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED

	LpTransferred = eventv1.LpMovement_LP_MOVEMENT_TRANSFERRED
	LpBurned      = eventv1.LpMovement_LP_MOVEMENT_BURNED
	LpLocked      = eventv1.LpMovement_LP_MOVEMENT_LOCKED

	PositionAdded     = eventv1.PositionChange_POSITION_CHANGE_ADDED
	PositionRemoved   = eventv1.PositionChange_POSITION_CHANGE_REMOVED
	PositionReceived  = eventv1.PositionChange_POSITION_CHANGE_RECEIVED
	PositionSent      = eventv1.PositionChange_POSITION_CHANGE_SENT
	PositionBurned    = eventv1.PositionChange_POSITION_CHANGE_BURNED
	PositionLocked    = eventv1.PositionChange_POSITION_CHANGE_LOCKED
	PositionCollected = eventv1.PositionChange_POSITION_CHANGE_COLLECTED

	Present               = eventv1.Absent_ABSENT_UNSPECIFIED
	AbsentReservesUnknown = eventv1.Absent_ABSENT_RESERVES_UNKNOWN
	AbsentBoosted         = eventv1.Absent_ABSENT_BOOSTED
	AbsentConcentrated    = eventv1.Absent_ABSENT_CONCENTRATED
	AbsentFeesNotTold     = eventv1.Absent_ABSENT_FEES_NOT_TOLD
	AbsentEntryUnknown    = eventv1.Absent_ABSENT_ENTRY_UNKNOWN
	AbsentSupplyUnknown   = eventv1.Absent_ABSENT_SUPPLY_UNKNOWN
	AbsentEarlierUnknown  = eventv1.Absent_ABSENT_EARLIER_UNKNOWN
	AbsentEmpty           = eventv1.Absent_ABSENT_EMPTY
	AbsentTooLarge        = eventv1.Absent_ABSENT_TOO_LARGE

	DrainRemoved = eventv1.DrainCause_DRAIN_CAUSE_LIQUIDITY_REMOVED
	DrainSoldOff = eventv1.DrainCause_DRAIN_CAUSE_SOLD_OFF

	ReservesMayhem    = eventv1.ReservesChange_RESERVES_CHANGE_MAYHEM
	ReservesBoost     = eventv1.ReservesChange_RESERVES_CHANGE_BOOST
	ReservesBoostBurn = eventv1.ReservesChange_RESERVES_CHANGE_BOOST_BURN

	FeesSwept       = eventv1.FeesMovement_FEES_MOVEMENT_SWEPT
	FeesCollected   = eventv1.FeesMovement_FEES_MOVEMENT_COLLECTED
	FeesDistributed = eventv1.FeesMovement_FEES_MOVEMENT_DISTRIBUTED
	FeesClaimed     = eventv1.FeesMovement_FEES_MOVEMENT_CLAIMED

	PhaseUnknown   = eventv1.TokenPhase_TOKEN_PHASE_UNSPECIFIED
	PhaseCreated   = eventv1.TokenPhase_TOKEN_PHASE_CREATED
	PhaseTrading   = eventv1.TokenPhase_TOKEN_PHASE_TRADING
	PhaseCompleted = eventv1.TokenPhase_TOKEN_PHASE_COMPLETED
	PhaseMigrated  = eventv1.TokenPhase_TOKEN_PHASE_MIGRATED

	EvidenceEvent      = eventv1.TokenEvidence_TOKEN_EVIDENCE_EVENT
	EvidenceCurveTrade = eventv1.TokenEvidence_TOKEN_EVIDENCE_CURVE_TRADE
	EvidenceSoldOut    = eventv1.TokenEvidence_TOKEN_EVIDENCE_SOLD_OUT
	EvidencePoolTrade  = eventv1.TokenEvidence_TOKEN_EVIDENCE_POOL_TRADE

	MeasureMarketCap    = eventv1.TokenMeasure_TOKEN_MEASURE_MARKET_CAP
	MeasureMarketCapUSD = eventv1.TokenMeasure_TOKEN_MEASURE_MARKET_CAP_USD
	MeasureHolders      = eventv1.TokenMeasure_TOKEN_MEASURE_HOLDERS
	MeasureTrades       = eventv1.TokenMeasure_TOKEN_MEASURE_TRADES
	MeasureProgress     = eventv1.TokenMeasure_TOKEN_MEASURE_PROGRESS

	TokenAbandoned = eventv1.TokenActivityChange_TOKEN_ACTIVITY_CHANGE_ABANDONED
	TokenRevived   = eventv1.TokenActivityChange_TOKEN_ACTIVITY_CHANGE_REVIVED

	AbsentCreationNotSeen = eventv1.Absence_ABSENCE_CREATION_NOT_SEEN
	AbsentRecordsMissing  = eventv1.Absence_ABSENCE_RECORDS_MISSING
	AbsentTooMany         = eventv1.Absence_ABSENCE_TOO_MANY
	AbsentForgotten       = eventv1.Absence_ABSENCE_FORGOTTEN
	AbsentNotYet          = eventv1.Absence_ABSENCE_NOT_YET
	AbsentSupply          = eventv1.Absence_ABSENCE_SUPPLY
	AbsentPrice           = eventv1.Absence_ABSENCE_PRICE
	AbsentDollars         = eventv1.Absence_ABSENCE_DOLLARS

	PriceReserves = eventv1.PriceSource_PRICE_SOURCE_RESERVES
	PriceAmounts  = eventv1.PriceSource_PRICE_SOURCE_AMOUNTS

	RoleFront    = eventv1.FindingRole_FINDING_ROLE_FRONT
	RoleVictim   = eventv1.FindingRole_FINDING_ROLE_VICTIM
	RoleBack     = eventv1.FindingRole_FINDING_ROLE_BACK
	RoleLeg      = eventv1.FindingRole_FINDING_ROLE_LEG
	RoleLeader   = eventv1.FindingRole_FINDING_ROLE_LEADER
	RoleCreation = eventv1.FindingRole_FINDING_ROLE_CREATION

	LinkTrader   = eventv1.FindingLink_FINDING_LINK_TRADER
	LinkFeePayer = eventv1.FindingLink_FINDING_LINK_FEE_PAYER
	LinkRouter   = eventv1.FindingLink_FINDING_LINK_ROUTER

	PoolOpened        = eventv1.PoolChange_POOL_CHANGE_CREATED
	PoolAdded         = eventv1.PoolChange_POOL_CHANGE_ADDED
	PoolRemoved       = eventv1.PoolChange_POOL_CHANGE_REMOVED
	PoolTraded        = eventv1.PoolChange_POOL_CHANGE_TRADED
	KindTrade         = eventv1.Kind_KIND_TRADE
	KindTokenCreated  = eventv1.Kind_KIND_TOKEN_CREATED
	KindCompleted     = eventv1.Kind_KIND_CURVE_COMPLETED
	KindTokenMigrated = eventv1.Kind_KIND_TOKEN_MIGRATED
	KindPoolCreated   = eventv1.Kind_KIND_POOL_CREATED
	KindLiquidity     = eventv1.Kind_KIND_LIQUIDITY_CHANGED
	KindGap           = eventv1.Kind_KIND_GAP
	KindRetracted     = eventv1.Kind_KIND_SLOT_RETRACTED
	KindFailed        = eventv1.Kind_KIND_TRANSACTION_FAILED
	KindFeesMoved     = eventv1.Kind_KIND_FEES_MOVED
	KindReserves      = eventv1.Kind_KIND_RESERVES_CHANGED
	KindLpMoved       = eventv1.Kind_KIND_LP_MOVED
	KindTokenMetadata = eventv1.Kind_KIND_TOKEN_METADATA
	KindProgramEvent  = eventv1.Kind_KIND_PROGRAM_EVENT

	// Strict promises that outputs depend only on state, record, configuration and order.
	Strict = pluginv1.Determinism_DETERMINISM_STRICT
	// Relaxed makes no such promise: after a crash outputs may differ or come twice.
	Relaxed = pluginv1.Determinism_DETERMINISM_RELAXED
)
