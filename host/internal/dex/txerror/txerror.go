// Package txerror reads why a transaction failed: Solana's TransactionError in its bincode form, as the stream carries it.
package txerror

import (
	"encoding/binary"
	"strconv"
)

// Transaction are the variants of Solana's TransactionError in the order of their bincode numbers.
var Transaction = [...]string{
	"AccountInUse", "AccountLoadedTwice", "AccountNotFound", "ProgramAccountNotFound", "InsufficientFundsForFee",
	"InvalidAccountForFee", "AlreadyProcessed", "BlockhashNotFound", "InstructionError", "CallChainTooDeep",
	"MissingSignatureForFee", "InvalidAccountIndex", "SignatureFailure", "InvalidProgramForExecution", "SanitizeFailure",
	"ClusterMaintenance", "AccountBorrowOutstanding", "WouldExceedMaxBlockCostLimit", "UnsupportedVersion",
	"InvalidWritableAccount", "WouldExceedMaxAccountCostLimit", "WouldExceedAccountDataBlockLimit", "TooManyAccountLocks",
	"AddressLookupTableNotFound", "InvalidAddressLookupTableOwner", "InvalidAddressLookupTableData",
	"InvalidAddressLookupTableIndex", "InvalidRentPayingAccount", "WouldExceedMaxVoteCostLimit",
	"WouldExceedAccountDataTotalLimit", "DuplicateInstruction", "InsufficientFundsForRent",
	"MaxLoadedAccountsDataSizeExceeded", "InvalidLoadedAccountsDataSizeLimit", "ResanitizationNeeded",
	"ProgramExecutionTemporarilyRestricted", "UnbalancedTransaction", "ProgramCacheHitMaxLimit", "CommitCancelled",
}

// Instruction are the variants of Solana's InstructionError in the order of their bincode numbers.
var Instruction = [...]string{
	"GenericError", "InvalidArgument", "InvalidInstructionData", "InvalidAccountData", "AccountDataTooSmall",
	"InsufficientFunds", "IncorrectProgramId", "MissingRequiredSignature", "AccountAlreadyInitialized",
	"UninitializedAccount", "UnbalancedInstruction", "ModifiedProgramId", "ExternalAccountLamportSpend",
	"ExternalAccountDataModified", "ReadonlyLamportChange", "ReadonlyDataModified", "DuplicateAccountIndex",
	"ExecutableModified", "RentEpochModified", "NotEnoughAccountKeys", "AccountDataSizeChanged", "AccountNotExecutable",
	"AccountBorrowFailed", "AccountBorrowOutstanding", "DuplicateAccountOutOfSync", "Custom", "InvalidError",
	"ExecutableDataModified", "ExecutableLamportChange", "ExecutableAccountNotRentExempt", "UnsupportedProgramId",
	"CallDepth", "MissingAccount", "ReentrancyNotAllowed", "MaxSeedLengthExceeded", "InvalidSeeds", "InvalidRealloc",
	"ComputationalBudgetExceeded", "PrivilegeEscalation", "ProgramEnvironmentSetupFailure", "ProgramFailedToComplete",
	"ProgramFailedToCompile", "Immutable", "IncorrectAuthority", "BorshIoError", "AccountNotRentExempt",
	"InvalidAccountOwner", "ArithmeticOverflow", "UnsupportedSysvar", "IllegalOwner", "MaxAccountsDataAllocationsExceeded",
	"MaxAccountsExceeded", "MaxInstructionTraceLengthExceeded", "BuiltinProgramsMustConsumeComputeUnits",
}

// Variants that carry more than their number.
const (
	instructionError         = 8
	duplicateInstruction     = 30
	insufficientFundsForRent = 31
	restricted               = 35 // ProgramExecutionTemporarilyRestricted
	custom                   = 25
)

// Error is why a transaction failed.
type Error struct {
	// Name is Solana's name of the error, "error 99" for a number without one, empty for bytes that are none.
	Name string
	// Index is of the outer instruction that failed or came twice, or of the account concerned; -1 when the error has none.
	Index int
	// Instruction is the name of the instruction's error where Name is InstructionError.
	Instruction string
	// Code is the number of a Custom error: the program that raised it says what it means.
	Code   uint32
	Custom bool
}

// Parse reads the bincode form: numbers of 4 bytes, little-endian. What cannot be read stays empty.
func Parse(b []byte) Error {
	e := Error{Index: -1}
	n, rest, ok := number(b)
	if !ok {
		return e
	}
	e.Name = name(Transaction[:], n)
	switch n {
	case instructionError, duplicateInstruction, insufficientFundsForRent, restricted:
		if len(rest) == 0 {
			return e
		}
		e.Index, rest = int(rest[0]), rest[1:]
	}
	if n != instructionError {
		return e
	}
	if n, rest, ok = number(rest); !ok {
		return e
	}
	e.Instruction = name(Instruction[:], n)
	if n == custom {
		e.Code, _, e.Custom = number(rest)
	}
	return e
}

func number(b []byte) (n uint32, rest []byte, ok bool) {
	if len(b) < 4 {
		return 0, nil, false
	}
	return binary.LittleEndian.Uint32(b), b[4:], true
}

func name(names []string, n uint32) string {
	if int64(n) < int64(len(names)) {
		return names[n]
	}
	return "error " + strconv.FormatUint(uint64(n), 10)
}
