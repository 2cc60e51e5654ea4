package launchlab

// Places says at which index of an instruction's accounts something stands; -1 where the instruction does not have it.
type Places struct {
	Pool, Platform        int8
	User, Creator         int8
	UserBase, UserQuote   int8
	BaseVault, QuoteVault int8 // the curve's
	BaseMint, QuoteMint   int8
	BaseProgram           int8 // token program of the coin
	// The rest is of migrations: the new pool, its vaults and its LP mint.
	Target, TargetBase, TargetQuote, TargetLP int8
}

const no = -1

var (
	trade  = Places{4, 3, 0, no, 5, 6, 7, 8, 9, 10, 11, no, no, no, no}
	launch = Places{5, 3, 0, 1, no, no, 8, 9, 6, 7, 11, no, no, no, no}
)

var places = [kinds]Places{
	Other:                   {no, no, no, no, no, no, no, no, no, no, no, no, no, no, no},
	BuyExactIn:              trade,
	BuyExactOut:             trade,
	SellExactIn:             trade,
	SellExactOut:            trade,
	Initialize:              launch,
	InitializeV2:            launch,
	InitializeWithToken2022: {5, 3, 0, 1, no, no, 8, 9, 6, 7, 10, no, no, no, no},
	MigrateAmm:              {23, no, 0, no, no, no, 25, 26, 1, 2, 28, 13, 17, 18, 16},
	MigrateCpswap:           {17, 3, 0, no, no, no, 19, 20, 1, 2, 22, 5, 8, 9, 7},
}

// Places returns where an instruction keeps its accounts. The caller checks that the list is that long.
func (k Kind) Places() Places {
	if k < kinds {
		return places[k]
	}
	return places[Other]
}
