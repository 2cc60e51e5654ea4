package geyser

// Transaction is a view of one transaction with its result. All byte slices point into the update they were read from and are
// valid until the view is read into again or the update is released; a reader that keeps bytes copies them. One goroutine
// at a time.
type Transaction struct {
	// Slot and Index place it in the chain; Index is the position in the block, from 0.
	Slot, Index uint64
	// BlockTime is the Unix time of its block in seconds; nil when the update does not carry it (single transactions never do).
	BlockTime *int64
	// Signature is the first signature, 64 bytes.
	Signature []byte
	// Vote tells a simple vote.
	Vote bool
	// Failed is true when the transaction had an error; Err is its bincode form.
	Failed bool
	Err    []byte
	// Keys is the list into which every index points: static keys, then loaded writable ones, then loaded read-only ones,
	// 32 bytes each.
	Keys [][]byte
	// Signers is how many of the first keys sign. Key 0 pays the fee.
	Signers int
	// Outer instructions in order.
	Outer []Instruction
	// Inner instructions of all outer ones, in order of execution; Outer tells the caller.
	Inner []InnerInstruction
	// InnerMissing and LogsMissing say that the node did not record them, which is not the same as none.
	InnerMissing, LogsMissing bool
	// Logs are the log lines.
	Logs [][]byte
	// PreBalances and PostBalances are lamports by key index.
	PreBalances, PostBalances []uint64
	// PreTokens and PostTokens are the token balances of the accounts that the transaction touched.
	PreTokens, PostTokens []TokenBalance
	// Fee is what the fee payer paid in lamports; ComputeUnits what was used, 0 when not said.
	Fee, ComputeUnits uint64
}

// Instruction is one instruction. Accounts holds one key index a byte.
type Instruction struct {
	Program  uint32 // index into Keys
	Accounts []byte
	Data     []byte
}

// InnerInstruction is an instruction called by an outer one.
type InnerInstruction struct {
	Instruction
	// Outer is the index of the outer instruction; Position the index in its list, from 0.
	Outer, Position uint32
	// Height is the stack height, 2 for a direct call; 0 when the node did not record it.
	Height uint32
}

// TokenBalance is the balance of one token account.
type TokenBalance struct {
	Account  uint32 // index into Keys
	Mint     []byte // base58 text, as on the wire
	Owner    []byte // base58 text, may be empty
	Program  []byte // base58 text, may be empty
	Amount   uint64
	Decimals uint32
}

// Key returns key i, or nil when a hostile update points outside of the list.
func (t *Transaction) Key(i uint32) []byte {
	if int(i) >= len(t.Keys) {
		return nil
	}
	return t.Keys[i]
}

// Account returns the key of account n of an instruction, or nil when it has fewer accounts.
func (t *Transaction) Account(in *Instruction, n int) []byte {
	if n >= len(in.Accounts) {
		return nil
	}
	return t.Key(uint32(in.Accounts[n]))
}
