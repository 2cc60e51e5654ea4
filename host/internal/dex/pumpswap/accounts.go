package pumpswap

// Places says at which index of an instruction's accounts something stands; -1 where the instruction does not have it.
type Places struct {
	Pool, User                    int8 // User is the creator on CreatePool
	BaseMint, QuoteMint           int8
	UserBase, UserQuote, UserLP   int8
	BaseVault, QuoteVault, LPMint int8
	BaseProgram, QuoteProgram     int8
}

const no = -1

var (
	tradeV1   = Places{0, 1, 3, 4, 5, 6, no, 7, 8, no, 11, 12}
	tradeV2   = Places{0, 1, 3, 4, 5, 6, no, 7, 8, no, 9, 10}
	liquidity = Places{0, 2, 3, 4, 6, 7, 8, 9, 10, 5, no, no}
)

var places = [kinds]Places{
	Other:             {no, no, no, no, no, no, no, no, no, no, no, no},
	CreatePool:        {0, 2, 3, 4, 6, 7, 8, 9, 10, 5, 13, 14},
	Buy:               tradeV1,
	BuyExactQuoteIn:   tradeV1,
	Sell:              tradeV1,
	BuyV2:             tradeV2,
	BuyExactQuoteInV2: tradeV2,
	SellV2:            tradeV2,
	MultiHopSwap:      {no, 0, no, no, no, no, no, no, no, no, no, no},
	Deposit:           liquidity,
	Withdraw:          liquidity,
	BoostBuyAndBurn:   {0, 1, 3, 4, no, no, no, 5, 6, no, 9, 10},
}

// enough is the account count at which every place of a kind exists.
var enough = [kinds]int{
	CreatePool: 15, Buy: 13, BuyExactQuoteIn: 13, Sell: 13, BuyV2: 11, BuyExactQuoteInV2: 11, SellV2: 11, MultiHopSwap: 1,
	Deposit: 11, Withdraw: 11, BoostBuyAndBurn: 11,
}

// Places returns where an instruction of that many accounts keeps them; what is past the end of the list is -1.
func (k Kind) Places(accounts int) Places {
	if k >= kinds {
		k = Other
	}
	p := places[k]
	if accounts >= enough[k] {
		return p
	}
	for _, at := range []*int8{
		&p.Pool, &p.User, &p.BaseMint, &p.QuoteMint, &p.UserBase, &p.UserQuote, &p.UserLP, &p.BaseVault, &p.QuoteVault,
		&p.LPMint, &p.BaseProgram, &p.QuoteProgram,
	} {
		if int(*at) >= accounts {
			*at = no
		}
	}
	return p
}

// Accounts of MultiHopSwap: hopsAt fixed ones, then hopSize for each hop.
const (
	hopsAt  = 16
	hopSize = 5
	// MultiHopIn is the user's token account of the first coin.
	MultiHopIn = 1
	// MultiHopOut is the user's token account of the last coin.
	MultiHopOut = 2
)

// HopPlaces says where the accounts of one hop of MultiHopSwap stand. Venue is a pool or a bonding curve: its owner tells.
type HopPlaces struct{ BaseMint, QuoteMint, Venue, BaseVault, QuoteVault int }

// Hops returns how many hops an instruction of that many accounts has.
func Hops(accounts int) int { return max(accounts-hopsAt, 0) / hopSize }

// Hop returns the places of hop i, counted from 0.
func Hop(i int) HopPlaces {
	at := hopsAt + i*hopSize
	return HopPlaces{at, at + 1, at + 2, at + 3, at + 4}
}
