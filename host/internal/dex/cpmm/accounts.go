package cpmm

// Places says at which index of an instruction's accounts something stands; -1 where the instruction does not have it.
type Places struct {
	Pool, Config    int8
	User            int8 // the wallet that signs, or who gets the pool's creator rights
	UserIn, UserOut int8 // token accounts: of a swap's input and output; of token 0 and 1 else
	VaultIn         int8 // vault of a swap's input; of token 0 else
	VaultOut        int8
	ProgramIn       int8 // token program of a swap's input; of token 0 for a new pool
	ProgramOut      int8
	MintIn, MintOut int8
	LPMint, UserLP  int8
}

const no = -1

var places = [kinds]Places{
	Other:                    {no, no, no, no, no, no, no, no, no, no, no, no, no},
	Initialize:               {3, 1, 0, 7, 8, 10, 11, 15, 16, 4, 5, 6, 9},
	InitializeWithPermission: {4, 2, 1, 8, 9, 11, 12, 17, 18, 5, 6, 7, 10},
	Deposit:                  {2, no, 0, 4, 5, 6, 7, no, no, 10, 11, 12, 3},
	Withdraw:                 {2, no, 0, 4, 5, 6, 7, no, no, 10, 11, 12, 3},
	SwapBaseInput:            {3, 2, 0, 4, 5, 6, 7, 8, 9, 10, 11, no, no},
	SwapBaseOutput:           {3, 2, 0, 4, 5, 6, 7, 8, 9, 10, 11, no, no},
}

// Places returns where an instruction keeps its accounts. The caller checks that the list is that long.
func (k Kind) Places() Places {
	if k < kinds {
		return places[k]
	}
	return places[Other]
}
