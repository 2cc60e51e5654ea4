package raydium

// Places says at which index of an instruction's accounts something stands; -1 where the instruction does not have it.
type Places struct {
	Pool                        int8
	CoinVault, PcVault, LPMint  int8
	CoinMint, PcMint            int8 // Initialize2 only
	UserSource, UserDestination int8 // swaps only; which side is the source, the log or the token accounts tell
	UserCoin, UserPc, UserLP    int8
	Owner                       int8 // the wallet that signs
}

const no = -1

var (
	nowhere      = Places{no, no, no, no, no, no, no, no, no, no, no, no}
	initLong     = Places{4, 10, 11, 7, 8, 9, no, no, 18, 19, 20, 17}
	initShort    = Places{4, 9, 10, 6, 7, 8, no, no, 16, 17, 18, 15}
	depositLong  = Places{1, 6, 7, 5, no, no, no, no, 9, 10, 11, 12}
	depositShort = Places{1, 5, 6, 4, no, no, no, no, 7, 8, 9, 10}
	withdrawLong = Places{1, 6, 7, 5, no, no, no, no, 14, 15, 13, 16}
	withdrawPad  = Places{1, 6, 7, 5, no, no, no, no, 16, 17, 15, 18}
	withdrawMin  = Places{1, 5, 6, 4, no, no, no, no, 8, 9, 7, 10}
	swapLong     = Places{1, 5, 6, no, no, no, 15, 16, no, no, no, 17}
	swapNoTarget = Places{1, 4, 5, no, no, no, 14, 15, no, no, no, 16}
	swapShort    = Places{1, 3, 4, no, no, no, 5, 6, no, no, no, 7}
)

// Places returns where an instruction of that many accounts keeps them. A count that no version of the program takes has none.
func (k Kind) Places(accounts int) Places {
	switch k {
	case Initialize2:
		return longest(accounts, form{21, initLong}, form{19, initShort})
	case Deposit:
		return longest(accounts, form{14, depositLong}, form{11, depositShort})
	case Withdraw:
		return longest(accounts, form{22, withdrawPad}, form{20, withdrawLong}, form{11, withdrawMin})
	case SwapBaseIn, SwapBaseOut:
		return longest(accounts, form{18, swapLong}, form{17, swapNoTarget})
	case SwapBaseInV2, SwapBaseOutV2:
		return longest(accounts, form{8, swapShort})
	default:
		return nowhere
	}
}

type form struct {
	accounts int
	places   Places
}

// longest returns the first form that the accounts are enough for; callers append accounts, so a longer list is as good.
func longest(accounts int, forms ...form) Places {
	for _, f := range forms {
		if accounts >= f.accounts {
			return f.places
		}
	}
	return nowhere
}
