package market

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
)

// recipient is a wallet that takes fees, with its account of the mint that they are taken in: wrapped SOL mostly.
type recipient struct{ wallet, purse *account }

// world holds the accounts that every transaction may name: programs, venue configuration, fee recipients.
type world struct {
	system, budget, spl, token2022, ata, metaplex, openbook *account
	pump, pumpswap, fees, raydium                           *account
	jupiter, jupiterEvents, photon, moonshot, memo, voting  *account

	pumpGlobal, pumpEvents, mintAuthority, pumpVolume, pumpFeeConfig        *account
	swapConfig, swapEvents, swapVolume, swapFeeConfig                       *account
	mayhem, mayhemParams, mayhemVault, rentSysvar, clockSysvar              *account
	rayAuthority, rayConfig, rayCreateFee, migrationAuthority, quoteControl *account

	recipients, buybacks []recipient
	tips                 []*account
	routers              []*account
	table                *account
	nobody               *account // PumpSwap's vault authority of the zero creator
	wsol, usdc           *mint
}

// newWorld builds the accounts with their real addresses; only wallets' token accounts and the lookup table have made-up ones.
func newWorld(keys *keyMaker) *world {
	plain := func(k dex.Key) *account { return &account{key: k, lamports: rentPool} }
	code := func(k dex.Key) *account { return newProgram(k, false) }
	w := &world{
		system: newProgram(dex.System, true), budget: newProgram(dex.ComputeBudget, true),
		spl: code(dex.SPLToken), token2022: code(dex.Token2022), ata: code(dex.AssociatedToken),
		metaplex: code(dex.Metaplex), openbook: code(dex.OpenBook),
		pump: code(dex.Pump), pumpswap: code(dex.PumpSwap), fees: code(dex.PumpFees), raydium: code(dex.RaydiumV4),
		jupiter: code(dex.Jupiter), photon: code(dex.Photon),
		jupiterEvents: plain(dex.MustKey("D8cy77BBepLMngZx6ZukaTff5hCt1HrWyKk3Hnd9oitf")),
		moonshot:      code(dex.MustKey("MoonCVVNZFSYkqNXP6bxHLPL6QQJiMagDL3qcqUQTrG")),
		memo:          code(dex.MustKey("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")),
		voting:        newProgram(dex.MustKey("Vote111111111111111111111111111111111111111"), true),
		pumpGlobal:    plain(dex.PumpGlobal), pumpEvents: plain(dex.PumpEventAuthority),
		mintAuthority: plain(dex.PumpMintAuthority), pumpVolume: plain(dex.PumpVolumeAccumulator),
		pumpFeeConfig: plain(dex.PumpFeeConfig), quoteControl: plain(dex.PumpQuoteControl),
		swapConfig: plain(dex.PumpSwapGlobalConfig), swapEvents: plain(dex.PumpSwapEventAuthority),
		swapVolume: plain(dex.PumpSwapVolumeAccumulator), swapFeeConfig: plain(dex.PumpSwapFeeConfig),
		mayhem: code(dex.Mayhem), mayhemParams: plain(dex.MayhemGlobalParams), mayhemVault: plain(dex.MayhemAgent),
		rentSysvar:   plain(dex.RentSysvar),
		clockSysvar:  plain(dex.MustKey("SysvarC1ock11111111111111111111111111111111")),
		rayAuthority: plain(dex.RaydiumV4Authority), rayConfig: plain(dex.RaydiumV4Config),
		migrationAuthority: plain(dex.PumpMigrationAuthority),
		table:              plain(keys.next()),
	}
	w.wsol = &mint{account: plain(dex.WSOL), program: w.spl, decimals: 9, symbol: "SOL"}
	w.usdc = &mint{account: plain(dex.USDC), program: w.spl, decimals: 6, symbol: "USDC"}
	w.nobody = &account{key: pda.CoinCreatorVault(dex.Key{})}
	rayFees := &account{key: keys.next(), lamports: rentWallet}
	w.rayCreateFee = tokenAccount(dex.RaydiumV4CreateFee, rayFees, w.wsol).openWith(w, 179_435_000_000_000)
	w.recipients = w.newRecipients(keys, dex.PumpFeeRecipients[:])
	w.buybacks = w.newRecipients(keys, dex.PumpBuybackRecipients[:])
	for _, k := range dex.JitoTips {
		w.tips = append(w.tips, plain(k))
	}
	w.routers = []*account{w.jupiter, w.photon, code(keys.next())}
	return w
}

func (w *world) newRecipients(keys *keyMaker, wallets []dex.Key) []recipient {
	list := make([]recipient, len(wallets))
	for i, k := range wallets {
		wallet := &account{key: k, lamports: 4_000_000_000_000}
		list[i] = recipient{wallet, tokenAccount(keys.next(), wallet, w.wsol).openWith(w, 1_000_000_000_000)}
	}
	return list
}
