package pumpfun

// Places says at which index of an instruction's accounts something stands; -1 where the instruction does not have it.
type Places struct {
	Mint, Curve, CurveBase, CurveQuote int8
	User, UserBase, UserQuote          int8 // User is the caller on Migrate
	QuoteMint, TokenProgram            int8
	FeeRecipient, CreatorVault         int8
	Pool, LPMint, PoolBase, PoolQuote  int8
}

const no = -1

var places = [kinds]Places{
	CreateV1:          {0, 2, 3, no, 7, no, no, no, 9, no, no, no, no, no, no},
	CreateV2:          {0, 2, 3, no, 5, no, no, 16, 7, no, no, no, no, no, no},
	Buy:               {2, 3, 4, no, 6, 5, no, no, 8, 1, 9, no, no, no, no},
	BuyExactSolIn:     {2, 3, 4, no, 6, 5, no, no, 8, 1, 9, no, no, no, no},
	Sell:              {2, 3, 4, no, 6, 5, no, no, 9, 1, 8, no, no, no, no},
	BuyV2:             {1, 10, 11, 12, 13, 14, 15, 2, 3, 6, 16, no, no, no, no},
	BuyExactQuoteInV2: {1, 10, 11, 12, 13, 14, 15, 2, 3, 6, 16, no, no, no, no},
	SellV2:            {1, 10, 11, 12, 13, 14, 15, 2, 3, 6, 16, no, no, no, no},
	BuyV3:             {1, 5, 6, 7, 8, 9, 10, 2, 3, no, no, no, no, no, no},
	BuyExactQuoteInV3: {1, 5, 6, 7, 8, 9, 10, 2, 3, no, no, no, no, no, no},
	SellV3:            {1, 5, 6, 7, 8, 9, 10, 2, 3, no, no, no, no, no, no},
	MultiHopCurveSwap: {no, no, no, no, no, no, no, no, no, no, no, no, no, no, no},
	Migrate:           {2, 3, 4, no, 5, no, no, 14, 7, no, no, 9, 15, 17, 18},
	MigrateV2:         {2, 4, 5, 6, 7, no, no, 3, 19, no, no, 10, 15, 17, 18},
	Withdraw:          {2, 3, 4, no, 6, 5, no, no, 8, no, no, no, no, no, no},
	ExtendAccount:     {no, 0, no, no, 1, no, no, no, no, no, no, no, no, no, no},
	Other:             {no, no, no, no, no, no, no, no, no, no, no, no, no, no, no},
}

// Places returns where an instruction of that many accounts keeps them; what is past the end of the list is -1. Buys and sells
// older than 2025-05 have a sysvar or a program where CreatorVault points, and no count tells them apart.
func (k Kind) Places(accounts int) Places {
	if k >= kinds {
		k = Other
	}
	p := places[k]
	if accounts >= enough[k] {
		return p
	}
	for _, at := range []*int8{
		&p.Mint, &p.Curve, &p.CurveBase, &p.CurveQuote, &p.User, &p.UserBase, &p.UserQuote, &p.QuoteMint, &p.TokenProgram,
		&p.FeeRecipient, &p.CreatorVault, &p.Pool, &p.LPMint, &p.PoolBase, &p.PoolQuote,
	} {
		if int(*at) >= accounts {
			*at = no
		}
	}
	return p
}

// enough is the account count at which every place of a kind exists.
var enough = [kinds]int{
	CreateV1: 10, CreateV2: 17, Buy: 10, BuyExactSolIn: 10, Sell: 10, BuyV2: 17, BuyExactQuoteInV2: 17, SellV2: 17, BuyV3: 11,
	BuyExactQuoteInV3: 11, SellV3: 11, Migrate: 19, MigrateV2: 20, Withdraw: 9, ExtendAccount: 2,
}
