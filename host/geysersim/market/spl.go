package market

// The calls of the native and token programs that the venues make, with the log lines of the deployed builds.

const (
	logTransfer        = "Program log: Instruction: Transfer"
	logTransferChecked = "Program log: Instruction: TransferChecked"
)

// sysTransfer moves lamports with the system program.
func (t *txn) sysTransfer(from, to *account, lamports uint64) {
	t.u32(2).u64(lamports).call(150, t.m.world.system, ws(from), w(to))
	pay(from, to, lamports)
}

// createAccount makes an account with the system program, paid to its rent.
func (t *txn) createAccount(from, to *account, lamports, space uint64, owner *account) {
	t.u32(0).u64(lamports).u64(space).key(&owner.key).call(150, t.m.world.system, ws(from), ws(to))
	pay(from, to, lamports)
}

// allot gives a derived address its rent, size and owner in the three calls that older programs make.
func (t *txn) allot(from, to *account, lamports, space uint64, owner *account) {
	sys := t.m.world.system
	t.u32(2).u64(lamports).call(150, sys, ws(from), w(to))
	pay(from, to, lamports)
	t.u32(8).u64(space).call(150, sys, w(to))
	t.u32(1).key(&owner.key).call(150, sys, w(to))
}

// transfer moves tokens with tag 3, which names no mint.
func (t *txn) transfer(from, to, authority *account, amount uint64) {
	t.u8(3).u64(amount)
	t.begin(from.mint.program, w(from), w(to), r(authority))
	t.log(logTransfer)
	t.end(4_645)
	move(t.m.world, from, to, amount)
}

// transferChecked moves tokens with tag 12.
func (t *txn) transferChecked(from, to, authority *account, amount uint64) {
	t.u8(12).u64(amount).u8(from.mint.decimals)
	t.begin(from.mint.program, w(from), r(from.mint.account), w(to), r(authority))
	t.log(logTransferChecked)
	t.end(6_147)
	move(t.m.world, from, to, amount)
}

// mintTo makes new tokens.
func (t *txn) mintTo(m *mint, to, authority *account, amount uint64) {
	t.u8(7).u64(amount)
	t.begin(m.program, w(m.account), w(to), r(authority))
	t.log("Program log: Instruction: MintTo")
	t.end(4_538)
	to.amount += amount
	m.supply += amount
}

// burn destroys tokens.
func (t *txn) burn(m *mint, from, authority *account, amount uint64) {
	t.u8(8).u64(amount)
	t.begin(m.program, w(from), w(m.account), r(authority))
	t.log("Program log: Instruction: Burn")
	t.end(4_753)
	from.amount -= amount
	m.supply -= amount
}

// createToken makes the token account at its associated address. It does nothing but the call when it is open already.
func (t *txn) createToken(payer, token *account) {
	wd := t.m.world
	t.u8(1)
	t.begin(wd.ata, ws(payer), w(token), r(token.owner), r(token.mint.account), r(wd.system), r(token.mint.program))
	t.log("Program log: CreateIdempotent")
	if token.open {
		t.end(5_800)
		return
	}
	p := token.mint.program
	t.u8(21).u8(7).u8(0)
	t.begin(p, r(token.mint.account))
	t.log("Program log: Instruction: GetAccountDataSize")
	space, size := uint64(165), "pQAAAAAAAAA="
	if p == wd.token2022 {
		space, size = 170, "qgAAAAAAAAA="
	}
	t.log(p.speech.result(size))
	t.end(1_569)
	t.createAccount(payer, token, token.mint.rent(wd), space, p)
	t.log("Program log: Initialize the associated token account")
	t.u8(22)
	t.begin(p, w(token))
	t.log("Program log: Instruction: InitializeImmutableOwner")
	t.end(1_405)
	t.u8(18).key(&token.owner.key)
	t.begin(p, w(token), r(token.mint.account))
	t.log("Program log: Instruction: InitializeAccount3")
	t.end(4_188)
	token.open, token.amount = true, 0
	t.end(14_675)
}

// closeToken closes an empty or wrapped SOL account; its lamports go to the owner.
func (t *txn) closeToken(token, to *account) {
	t.u8(9)
	t.begin(token.mint.program, w(token), w(to), s(token.owner))
	t.log("Program log: Instruction: CloseAccount")
	t.end(2_915)
	pay(token, to, token.lamports)
	token.open, token.amount = false, 0
}

// wrap opens a wrapped SOL account of the wallet and fills it.
func (t *txn) wrap(u *wallet, lamports uint64) {
	t.createToken(u.account, u.wsol)
	t.sysTransfer(u.account, u.wsol, lamports)
	t.u8(17)
	t.begin(t.m.world.spl, w(u.wsol))
	t.log("Program log: Instruction: SyncNative")
	t.end(3_045)
	u.wsol.amount += lamports
}

// budget writes the compute budget instructions and sets what the fee is made from.
func (t *txn) budget(limit, price uint64) {
	t.limit, t.units, t.price = limit, limit, price
	t.u8(2).u32(uint32(limit)).call(150, t.m.world.budget)
	t.u8(3).u64(price).call(150, t.m.world.budget)
}
