package dex

// Programs that Weir decodes, and those that they call.
var (
	Pump            = MustKey("6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P")
	PumpSwap        = MustKey("pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA")
	PumpFees        = MustKey("pfeeUxB6jkeY1Hxd7CsFCAjcbHA9rWtchMGdZ6VojVZ")
	Mayhem          = MustKey("MAyhSmzXzV1pTf7LsNkrNwkWKTo4ougAJ1PPg47MD4e")
	RaydiumV4       = MustKey("675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8")
	RaydiumCPMM     = MustKey("CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C")
	RaydiumCLMM     = MustKey("CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK")
	LaunchLab       = MustKey("LanMV9sAd7wArD4vJFi2qDdfnVhFxYSUg6eADduJ3uj")
	Whirlpool       = MustKey("whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc")
	RaydiumLock     = MustKey("LockrWmn6K5twhz3y9w1dQERbmgSaRkfnTeTKbpofwE")
	MeteoraDBC      = MustKey("dbcij3LWUppWqq96dh6gJWwBifmcGfLSB5D4DuSMaqN")
	MeteoraDAMM     = MustKey("cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG")
	System          = MustKey("11111111111111111111111111111111")
	ComputeBudget   = MustKey("ComputeBudget111111111111111111111111111111")
	SPLToken        = MustKey("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")
	Token2022       = MustKey("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb")
	AssociatedToken = MustKey("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")
	Metaplex        = MustKey("metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s")
	OpenBook        = MustKey("srmqPvymJeFKQ4zGQed1GFppgkRHL9kaELCbyksJtPX")
)

// Aggregators and bots that trade through the programs above.
var (
	Jupiter      = MustKey("JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4")
	OKX          = MustKey("6m2CDdhRgxpH4WjvdzxAYbGxwdGUz5MziiL5jek2kBma")
	OKXRouter    = MustKey("HV1KXxWFaSeriyFvXyx48FqG9BoFbfinB8njCJonqP7K")
	RaydiumRoute = MustKey("routeUGWgWzqBWFcrCfv8tritsqukccJPu3q5GPP3xS")
	Photon       = MustKey("BSfD6SHZigAfDWSjzD5Q41jw8LmKwtmjskPH9XW1mrRW")
)

// Mints that coins are priced in. The pump programs write SOL as the zero key.
var (
	WSOL     = MustKey("So11111111111111111111111111111111111111112")
	USDC     = MustKey("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")
	USDT     = MustKey("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB")
	PumpCoin = MustKey("pumpCmXqMfrsAkQ5r49WcJnRayYRqmXz6ae8H7H9Dfn")
)

// Incinerator owns accounts whose tokens nobody can move.
var Incinerator = MustKey("1nc1nerator11111111111111111111111111111111")

// Sysvars that older account lists name.
var (
	RentSysvar = MustKey("SysvarRent111111111111111111111111111111111")
)

// Accounts of the venues that do not depend on a coin. Each is a derived address of the program that its comment names.
var (
	PumpGlobal                = MustKey("4wTV1YmiEkRvAtNtsSGPtUrqRYQMe5SKy2uB4Jjaxnjf") // pump: global
	PumpEventAuthority        = MustKey("Ce6TQqeHC9p8KetsN6JsjHK7UTZk7nasjjnr7XxXp9F1") // pump: __event_authority
	PumpMintAuthority         = MustKey("TSLvdd1pWpHVjahSpsvCXUbgwsL3JAcvokwaKt1eokM")  // pump: mint-authority
	PumpQuoteControl          = MustKey("6z6GDdfb2AjR9ZhJmAUQ5cipJCVxQvLJhB2H8mCwTFBP") // pump: quote-control
	PumpVolumeAccumulator     = MustKey("Hq2wp8uJ9jCPsYgNHex8RtqdvMPfVGoYwjvF1ATiwn2Y") // pump: global_volume_accumulator
	PumpFeeConfig             = MustKey("8Wf5TiAheLUqBrKXeYg2JtAFFMWtKdG2BSFgqUcPVwTt") // fees: fee_config, pump
	PumpSwapGlobalConfig      = MustKey("ADyA8hdefvWN2dbGGWFotbzWxrAvLW83WG6QCVXvJKqw") // PumpSwap: global_config
	PumpSwapEventAuthority    = MustKey("GS4CU59F31iL7aR2Q8zVS8DRrcRnXX1yjQ66TqNVQnaR") // PumpSwap: __event_authority
	PumpSwapVolumeAccumulator = MustKey("C2aFPdENg4A2HQsmrd5rTw5TaYBX5Ku887cWjbFKtZpw") // PumpSwap: global_volume_accumulator
	PumpSwapFeeConfig         = MustKey("5PHirr8joyTMp9JMm6nW7hNDVyEYdkzDqazxPD7RaTjx") // fees: fee_config, PumpSwap
	MayhemGlobalParams        = MustKey("13ec7XdrjF3h3YcqBTFDSReRcUFwbCnJaAQspM4j6DDJ") // Mayhem: global-params
	MayhemAgent               = MustKey("BwWK17cbHxwWBKZkUYvzxLcNQ1YVyaFezduWbtm2de6s") // Mayhem: sol-vault, the agent's wallet
	RaydiumV4Authority        = MustKey("5Q544fKrFoe6tsEbD7S8EmxGTJYAKtTVhAW5Q5pge4j1") // v4: amm authority
	RaydiumV4Config           = MustKey("9DCxsMizn3H1hprZ7xWe6LDzeUeZBksYFpBWBtSf1PQX") // v4: amm_config_account_seed
	RaydiumV4CreateFee        = MustKey("7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5") // v4: receives the pool creation fee
)

// PumpMigrationAuthority signed every migration until 2026; since then anybody may.
var PumpMigrationAuthority = MustKey("39azUYFWPz3VHgKCf3VChUwbpURdCHRxjWVowf5jUJjg")

// PumpFeeRecipients take the protocol fee of curve trades; any of them may stand in a trade.
var PumpFeeRecipients = [...]Key{
	MustKey("62qc2CNXwrYqQScmEdiZFFAnJR262PxWEuNQtxfafNgV"),
	MustKey("7VtfL8fvgNfhz17qKRMjzQEXgbdpnHHHQRh54R9jP2RJ"),
	MustKey("7hTckgnGnLQR6sdH7YkqFTAA7VwTfYFaZ6EhEsU3saCX"),
	MustKey("9rPYyANsfQZw3DnDmKE3YCQF5E8oD89UXoHn9JFEhJUz"),
	MustKey("AVmoTthdrX6tKt4nDjco2D775W2YK3sDhxPcMmzUAmTY"),
	MustKey("CebN5WGQ4jvEPvsVU4EoHEpgzq1VV7AbicfhtW4xC9iM"),
	MustKey("FWsW1xNtWscwNmKv6wVsU1iTzRN6wmmk3MjxRP5tT7hz"),
	MustKey("G5UZAVbAf46s7cKWoyKu8kYTip9DGTpbLZ2qa9Aq69dP"),
}

// PumpBuybackRecipients take the half of the protocol fee that buys PUMP back.
var PumpBuybackRecipients = [...]Key{
	MustKey("5YxQFdt3Tr9zJLvkFccqXVUwhdTWJQc1fFg2YPbxvxeD"),
	MustKey("9M4giFFMxmFGXtc3feFzRai56WbBqehoSeRE5GK7gf7"),
	MustKey("GXPFM2caqTtQYC2cJ5yJRi9VDkpsYZXzYdwYpGnLmtDL"),
	MustKey("3BpXnfJaUTiwXnJNe7Ej1rcbzqTTQUvLShZaWazebsVR"),
	MustKey("5cjcW9wExnJJiqgLjq7DEG75Pm6JBgE1hNv4B2vHXUW6"),
	MustKey("EHAAiTxcdDwQ3U4bU6YcMsQGaekdzLS3B5SmYo46kJtL"),
	MustKey("5eHhjP8JaYkz83CWwvGU2uMUXefd3AazWGx4gpcuEEYD"),
	MustKey("A7hAgCzFw14fejgCp387JUJRMNyz4j89JKnhtKU8piqW"),
}

// JitoTips are the accounts to which a bundle pays its tip.
var JitoTips = [...]Key{
	MustKey("96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5"),
	MustKey("HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe"),
	MustKey("Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY"),
	MustKey("ADaUMid9yfUytqMBgopwjb2DTLSokTSzL1zt6iGPaS49"),
	MustKey("DfXygSm4jCyNCybVYYK6DwvWqjKee8pbDmJGcLWNDXjh"),
	MustKey("ADuUkR4vqLUMWXxW9gh6D6L8pMSawimctcNZ5pGwDcEt"),
	MustKey("DttWaMuVvTiduZRnguLF7jNxTgiMBZ1hyAumKUiL2KRL"),
	MustKey("3AVi9Tg9Uo68tJfuvoKvqKNWKkC5wPdSSdeBnizKZ6jT"),
}

// Precompiles check signatures: each one in their data costs what a signature of the transaction costs.
var Precompiles = [...]Key{
	MustKey("Ed25519SigVerify111111111111111111111111111"),
	MustKey("KeccakSecp256k11111111111111111111111111111"),
	MustKey("Secp256r1SigVerify1111111111111111111111111"),
}
