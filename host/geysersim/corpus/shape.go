package corpus

import "encoding/json"

// These are the JSON forms of Solana's RPC with encoding "json". Pointers and RawMessage tell "absent or null" from "empty".

type transactionJSON struct {
	Slot             *uint64         `json:"slot"`
	BlockTime        *int64          `json:"blockTime"`
	TransactionIndex *uint64         `json:"transactionIndex"`
	Version          json.RawMessage `json:"version"`
	Transaction      json.RawMessage `json:"transaction"`
	Meta             *metaJSON       `json:"meta"`
}

type signedJSON struct {
	Signatures []string     `json:"signatures"`
	Message    *messageJSON `json:"message"`
}

type messageJSON struct {
	AccountKeys []string `json:"accountKeys"`
	Header      struct {
		NumRequiredSignatures       uint32 `json:"numRequiredSignatures"`
		NumReadonlySignedAccounts   uint32 `json:"numReadonlySignedAccounts"`
		NumReadonlyUnsignedAccounts uint32 `json:"numReadonlyUnsignedAccounts"`
	} `json:"header"`
	Instructions        []instructionJSON `json:"instructions"`
	RecentBlockhash     string            `json:"recentBlockhash"`
	AddressTableLookups []lookupJSON      `json:"addressTableLookups"`
}

type lookupJSON struct {
	AccountKey      string   `json:"accountKey"`
	WritableIndexes []uint16 `json:"writableIndexes"`
	ReadonlyIndexes []uint16 `json:"readonlyIndexes"`
}

// instructionJSON takes account indexes as numbers: []byte would be read as base64.
type instructionJSON struct {
	ProgramIDIndex uint32   `json:"programIdIndex"`
	Accounts       []uint16 `json:"accounts"`
	Data           string   `json:"data"`
	StackHeight    *uint32  `json:"stackHeight"`
}

type metaJSON struct {
	Err                  json.RawMessage `json:"err"`
	Fee                  uint64          `json:"fee"`
	PreBalances          []uint64        `json:"preBalances"`
	PostBalances         []uint64        `json:"postBalances"`
	InnerInstructions    *[]innerJSON    `json:"innerInstructions"`
	LogMessages          *[]string       `json:"logMessages"`
	PreTokenBalances     []balanceJSON   `json:"preTokenBalances"`
	PostTokenBalances    []balanceJSON   `json:"postTokenBalances"`
	Rewards              []rewardJSON    `json:"rewards"`
	LoadedAddresses      *loadedJSON     `json:"loadedAddresses"`
	ReturnData           *returnJSON     `json:"returnData"`
	ComputeUnitsConsumed *uint64         `json:"computeUnitsConsumed"`
	CostUnits            *uint64         `json:"costUnits"`
}

type innerJSON struct {
	Index        uint32            `json:"index"`
	Instructions []instructionJSON `json:"instructions"`
}

type balanceJSON struct {
	AccountIndex uint32 `json:"accountIndex"`
	Mint         string `json:"mint"`
	Owner        string `json:"owner"`
	ProgramID    string `json:"programId"`
	Amount       struct {
		Amount         string   `json:"amount"`
		Decimals       uint32   `json:"decimals"`
		UIAmount       *float64 `json:"uiAmount"`
		UIAmountString string   `json:"uiAmountString"`
	} `json:"uiTokenAmount"`
}

type rewardJSON struct {
	Pubkey      string          `json:"pubkey"`
	Lamports    int64           `json:"lamports"`
	PostBalance uint64          `json:"postBalance"`
	RewardType  string          `json:"rewardType"`
	Commission  json.RawMessage `json:"commission"`
}

type loadedJSON struct {
	Writable []string `json:"writable"`
	Readonly []string `json:"readonly"`
}

type returnJSON struct {
	ProgramID string   `json:"programId"`
	Data      []string `json:"data"` // content, encoding
}

type blockJSON struct {
	Slot              *uint64           `json:"slot"`
	ParentSlot        uint64            `json:"parentSlot"`
	BlockHeight       uint64            `json:"blockHeight"`
	BlockTime         *int64            `json:"blockTime"`
	Blockhash         string            `json:"blockhash"`
	PreviousBlockhash string            `json:"previousBlockhash"`
	Transactions      []transactionJSON `json:"transactions"`
}
