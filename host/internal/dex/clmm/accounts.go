package clmm

// Places says at which index of an instruction's accounts something stands; -1 where the instruction does not have it.
type Places struct {
	Pool, Config      int8
	User              int8 // who swaps, or owns the position
	UserIn, UserOut   int8 // token accounts: of a swap's input and output; of token 0 and 1 else
	VaultIn, VaultOut int8
	MintIn, MintOut   int8
	NftMint           int8
}

const no = -1

// Hops of SwapRouterBaseIn begin behind its own accounts; a pool stands in the second place of a hop, followed by these.
const (
	HopsFrom    = 6
	HopUserOut  = 1
	HopVaultIn  = 2
	HopVaultOut = 3
	HopMintOut  = 4
)

var places = [kinds]Places{
	Other:                  {no, no, no, no, no, no, no, no, no, no},
	CreatePool:             {2, 1, 0, no, no, 5, 6, 3, 4, no},
	CreateCustomizablePool: {2, 1, 0, no, no, 5, 6, 3, 4, no},
	Swap:                   {2, 1, 0, 3, 4, 5, 6, no, no, no},
	SwapV2:                 {2, 1, 0, 3, 4, 5, 6, 11, 12, no},
	SwapRouterBaseIn:       {no, no, 0, 1, no, no, no, 2, no, no},
	OpenPosition:           {5, no, 1, 10, 11, 12, 13, no, no, 2},
	OpenPositionV2:         {5, no, 1, 10, 11, 12, 13, 20, 21, 2},
	OpenPositionToken22:    {4, no, 1, 9, 10, 11, 12, 18, 19, 2},
	IncreaseLiquidity:      {2, no, 0, 7, 8, 9, 10, no, no, no},
	IncreaseLiquidityV2:    {2, no, 0, 7, 8, 9, 10, 13, 14, no},
	DecreaseLiquidity:      {3, no, 0, 9, 10, 5, 6, no, no, no},
	DecreaseLiquidityV2:    {3, no, 0, 9, 10, 5, 6, 14, 15, no},
}

// Places returns where an instruction keeps its accounts. The caller checks that the list is that long.
func (k Kind) Places() Places {
	if k < kinds {
		return places[k]
	}
	return places[Other]
}
