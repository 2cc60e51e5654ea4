// Runs one of two foreign Yellowstone clients after a plan (JSON, first argument) and prints what it got, one JSON object a line.
//
// plan: library "triton" or "laserstream", url, token, request, channel and reconnect options, unary: true for the unary methods,
//       writes: [{afterSlots, request}], stop: {slots, ms}: after so many block metas or so long.
"use strict";
const crypto = require("node:crypto");

const plan = JSON.parse(process.argv[2]);
const started = Date.now();
const say = (o) => process.stdout.write(JSON.stringify(o, (_, v) => (typeof v === "bigint" ? v.toString() : v)) + "\n");
const hex = (b) => Buffer.from(b ?? []).toString("hex");
const text = (v) => (v === undefined || v === null ? "" : v.toString());

// full adds the maps that the triton client wants in every request.
function full(r) {
  const out = {
    accounts: {}, slots: {}, transactions: {}, transactionsStatus: {}, blocks: {}, blocksMeta: {}, entry: {}, accountsDataSlice: [], ...r,
  };
  for (const f of Object.values(out.transactions)) {
    for (const list of ["accountInclude", "accountExclude", "accountRequired"]) f[list] ??= [];
  }
  return out;
}

let metas = 0;
let write = () => {};
let stop = () => {};
let stopped = false;

function finish(why) {
  if (stopped) return;
  stopped = true;
  say({ kind: "stop", why, ms: Date.now() - started });
  stop();
  setTimeout(leave, 50).unref?.();
  process.exitCode = 0;
}

// leave ends when all that was said is out: process.exit alone cuts what a busy reader has not taken.
const leave = () => process.stdout.write("", () => process.exit(0));

function onUpdate(u) {
  if (stopped) return;
  const filters = u.filters ?? [];
  if (u.transaction) {
    const info = u.transaction.transaction;
    const message = info.transaction.message;
    const logs = info.meta.logMessages ?? [];
    say({
      kind: "tx", filters, slot: text(u.transaction.slot), index: text(info.index), signature: hex(info.signature), vote: !!info.isVote,
      failed: !!info.meta.err, fee: text(info.meta.fee), units: text(info.meta.computeUnitsConsumed),
      keys: message.accountKeys.length, loaded: (info.meta.loadedWritableAddresses ?? []).length + (info.meta.loadedReadonlyAddresses ?? []).length,
      inner: (info.meta.innerInstructions ?? []).length,
      balances: (info.meta.postTokenBalances ?? []).map((b) => b.uiTokenAmount.amount).join(","),
      logs: logs.length, digest: crypto.createHash("sha256").update(logs.join("\n")).digest("hex"), created: !!u.createdAt,
    });
  } else if (u.blockMeta) {
    const m = u.blockMeta;
    say({ kind: "meta", filters, slot: text(m.slot), parent: text(m.parentSlot), hash: m.blockhash, count: text(m.executedTransactionCount) });
    metas++;
    for (const w of plan.writes ?? []) if (w.afterSlots === metas) write(w.request);
    if (plan.stop.slots && metas >= plan.stop.slots) finish("slots");
  } else if (u.slot) {
    say({ kind: "slot", filters, slot: text(u.slot.slot), parent: text(u.slot.parent), status: u.slot.status });
  } else if (u.block) {
    say({ kind: "block", filters, slot: text(u.block.slot), count: text(u.block.executedTransactionCount), transactions: u.block.transactions.length });
  } else if (u.pong) {
    say({ kind: "pong", id: u.pong.id });
  } else if (u.ping) {
    say({ kind: "ping" });
  } else {
    say({ kind: "other", keys: Object.keys(u).filter((k) => u[k] !== undefined) });
  }
}

// The triton client says what it did first and hides the status in the chain of causes.
function messages(e) {
  const out = [];
  for (; e && out.length < 8; e = e.cause) out.push(String(e.message ?? e));
  return out.join(": ");
}

const onError = (e) => say({ kind: "error", message: messages(e), ms: Date.now() - started });

async function triton() {
  const module = require("@triton-one/yellowstone-grpc");
  const Client = module.default.default ?? module.default;
  const client = new Client(plan.url, plan.token, plan.channel, plan.reconnect);
  await client.connect();
  if (plan.unary) {
    for (const [name, call] of Object.entries({
      version: () => client.getVersion(), ping: () => client.ping(41), slot: () => client.getSlot(), height: () => client.getBlockHeight(),
      hash: () => client.getLatestBlockhash(), replay: () => client.subscribeReplayInfo(),
    })) say({ kind: "unary", name, value: await call() });
    const { blockhash } = await client.getLatestBlockhash(0);
    say({ kind: "unary", name: "valid", value: await client.isBlockhashValid(blockhash) });
    say({ kind: "unary", name: "invalid", value: await client.isBlockhashValid("11111111111111111111111111111111") });
    return leave();
  }
  const stream = await client.subscribe(full(plan.request));
  write = (r) => stream.write(full(r));
  stop = () => stream.destroy();
  stream.on("data", onUpdate);
  stream.on("error", (e) => { onError(e); finish("error"); });
  stream.on("end", () => { if (!stopped) { say({ kind: "end" }); finish("end"); } });
}

async function laserstream() {
  const { subscribe } = require("helius-laserstream");
  const config = {
    endpoint: plan.url, apiKey: plan.token ?? "", maxReconnectAttempts: plan.attempts ?? 1, channelOptions: plan.channel, replay: plan.replay ?? true,
  };
  const stream = await subscribe(config, plan.request, onUpdate, async (e) => onError(e));
  write = (r) => stream.write(r);
  stop = () => stream.cancel();
}

setTimeout(() => finish("time"), plan.stop.ms);
(plan.library === "triton" ? triton() : laserstream()).catch((e) => { onError(e); finish("error"); });
