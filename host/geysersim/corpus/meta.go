package corpus

import (
	"fmt"
	"strings"

	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

func (m *metaJSON) convert() (*storagepb.TransactionStatusMeta, error) {
	out := &storagepb.TransactionStatusMeta{
		Fee: m.Fee, PreBalances: m.PreBalances, PostBalances: m.PostBalances,
		PreTokenBalances: balances(m.PreTokenBalances), PostTokenBalances: balances(m.PostTokenBalances),
		ComputeUnitsConsumed: m.ComputeUnitsConsumed, CostUnits: m.CostUnits,
		InnerInstructionsNone: m.InnerInstructions == nil, LogMessagesNone: m.LogMessages == nil, ReturnDataNone: m.ReturnData == nil,
	}
	if !isNull(m.Err) {
		out.Err = &storagepb.TransactionError{Err: encodeError(m.Err)}
	}
	if m.LogMessages != nil {
		out.LogMessages = *m.LogMessages
	}
	if err := m.addLoaded(out); err != nil {
		return nil, err
	}
	if err := m.addInner(out); err != nil {
		return nil, err
	}
	if m.ReturnData != nil {
		data, err := decodeReturn(m.ReturnData)
		if err != nil {
			return nil, fmt.Errorf("returnData.%w", err)
		}
		out.ReturnData = data
	}
	for _, r := range m.Rewards {
		out.Rewards = append(out.Rewards, r.convert())
	}
	return out, nil
}

func (m *metaJSON) addLoaded(out *storagepb.TransactionStatusMeta) (err error) {
	if m.LoadedAddresses == nil {
		return nil
	}
	if out.LoadedWritableAddresses, err = decodeAll("loadedAddresses.writable", m.LoadedAddresses.Writable, 32); err != nil {
		return err
	}
	out.LoadedReadonlyAddresses, err = decodeAll("loadedAddresses.readonly", m.LoadedAddresses.Readonly, 32)
	return err
}

func (m *metaJSON) addInner(out *storagepb.TransactionStatusMeta) error {
	if m.InnerInstructions == nil {
		return nil
	}
	for i, group := range *m.InnerInstructions {
		inner := &storagepb.InnerInstructions{Index: group.Index}
		for j, in := range group.Instructions {
			accounts, data, err := in.parts()
			if err != nil {
				return fmt.Errorf("innerInstructions[%d].instructions[%d].%w", i, j, err)
			}
			inner.Instructions = append(inner.Instructions, &storagepb.InnerInstruction{
				ProgramIdIndex: in.ProgramIDIndex, Accounts: accounts, Data: data, StackHeight: in.StackHeight,
			})
		}
		out.InnerInstructions = append(out.InnerInstructions, inner)
	}
	return nil
}

func balances(in []balanceJSON) []*storagepb.TokenBalance {
	out := make([]*storagepb.TokenBalance, 0, len(in))
	for _, b := range in {
		amount := &storagepb.UiTokenAmount{
			Amount: b.Amount.Amount, Decimals: b.Amount.Decimals, UiAmountString: b.Amount.UIAmountString,
		}
		if b.Amount.UIAmount != nil {
			amount.UiAmount = *b.Amount.UIAmount
		}
		out = append(out, &storagepb.TokenBalance{
			AccountIndex: b.AccountIndex, Mint: b.Mint, Owner: b.Owner, ProgramId: b.ProgramID, UiTokenAmount: amount,
		})
	}
	return out
}

func (r *rewardJSON) convert() *storagepb.Reward {
	out := &storagepb.Reward{
		Pubkey: r.Pubkey, Lamports: r.Lamports, PostBalance: r.PostBalance,
		RewardType: storagepb.RewardType(storagepb.RewardType_value[r.RewardType]),
	}
	if !isNull(r.Commission) {
		out.Commission = strings.Trim(string(r.Commission), `"`)
	}
	return out
}
