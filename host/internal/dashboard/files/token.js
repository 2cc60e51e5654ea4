// The page of one token: what is known of it, a chart, trades, pools and signals.

import { ask, live } from './api.js';
import { ago, bar, clock, compact, every, facts, h, inQuote, percent, priceOf, quoteDecimals, short, table, units, whole } from './dom.js';
import { marketCap, phaseBadge, progressOf } from './tokens.js';
import { chart } from './chart.js';

const shown = 100; // trades

export async function token(main, signal, mint) {
  // What comes while the page is made must be in it: the stream is heard before the store is asked.
  let list = [], stale = true, picturePoint = () => {};
  live.addEventListener('outputs', (e) => {
    const r = e.detail.trade_reported;
    if (r?.mint !== mint) { stale ||= e.detail.key === mint; return; }
    stale = true;
    const { instance, cause, index, slot, block_time, signature } = e.detail;
    const row = { ...r, instance, cause, index, slot, block_time, signature, side: word(r.side, 'SIDE_'), venue: word(r.venue, 'VENUE_') };
    list = [row, ...list].slice(0, shown);
    picturePoint(row);
  }, { signal });
  const stored = async () => { list = joined(list, (await ask('/trades', { mint, limit: shown })).items); };
  const t = await ask(`/tokens/${encodeURIComponent(mint)}`);
  const head = h('div'), trades = h('div'), pools = h('div'), found = h('div'), picture = h('div');
  main.replaceChildren(h('p', {}, h('a', { href: '#/tokens' }, 'All tokens')), h('h1', {}, t.symbol || short(mint), ' ', h('span', { class: 'quiet' }, t.name ?? '')),
    h('p', { class: 'mono' }, mint), head, h('section', {}, h('h2', {}, 'Price'), picture), h('section', {}, h('h2', {}, 'Trades'), trades),
    h('section', {}, h('h2', {}, 'Pools'), pools), h('section', {}, h('h2', {}, 'Signals'), found));
  head.replaceChildren(overview(t));
  await stored();
  const drawTrades = () => trades.replaceChildren(tradeTable(list, t));
  drawTrades();
  picturePoint = await chart(picture, t, () => list.toReversed(), signal);
  pools.replaceChildren(poolTable((await ask('/pools', { mint })).items, t));
  found.replaceChildren(signalTable((await ask('/signals', { mint, limit: 50 })).items));
  every(1000, signal, async () => {
    if (!stale) return;
    stale = false;
    const now = await ask(`/tokens/${encodeURIComponent(mint)}`).catch(() => null);
    await stored().catch(() => {}); // what the stream brought, and the store did not have when the page was made
    drawTrades();
    if (now) head.replaceChildren(overview(now));
  });
}

// nameOf is the name of an output for ever, by which one that came both ways is known.
const nameOf = (r) => `${r.instance} ${r.cause} ${r.index}`;

// joined puts the trades that the stream brought, and the store has not yet, before those of the store.
export function joined(list, stored) {
  const known = new Set(stored.map(nameOf)), met = list.findIndex((r) => known.has(nameOf(r)));
  return [...list.slice(0, met < 0 ? undefined : met), ...stored].slice(0, shown);
}

const word = (s, prefix) => (s ?? '').replace(prefix, '').toLowerCase();

function overview(t) {
  const p = progressOf(t), w = t.window;
  return facts([
    ['Phase', phaseBadge(t)], ['Price', inQuote(compact(priceOf(t.price, t.decimals, t.price_decimals)), t.price_mint)], ['Market cap', marketCap(t)],
    ['Curve progress', p === undefined ? undefined : [bar(p), percent(p, 2)]], ['Holders', whole(t.figures?.holders)],
    ['Trades', t.retracted ? `${whole(t.trades)}, some in slots that never happened` : whole(t.trades)], ['Buys / sells', t.trades === undefined ? undefined : `${whole(t.buys)} / ${whole(t.sells)}`],
    ['Volume', inQuote(compact(units(t.quote_volume, t.price_decimals)), t.price_mint)],
    ['Traders, 24 h', w && `${w.traders_estimated ? 'about ' : ''}${whole(w.traders)}${ago(w.end) ? `, until ${ago(w.end)} ago` : ''}`],
    ['Creator', t.creator && h('span', { class: 'mono', title: t.creator }, short(t.creator))], ['Created', t.created && (ago(t.created.at) ?? `slot ${t.created.slot}`)],
    ['Graduated', t.migrated && (ago(t.migrated.at) ?? `slot ${t.migrated.slot}`)], ['Pool', t.pool && h('span', { class: 'mono', title: t.pool }, short(t.pool))],
  ]);
}

// rawly says an amount whose decimals are not known.
const rawly = (n) => (n === undefined ? undefined : `${whole(n)} raw`);

function tradeTable(rows, t) {
  return table([
    ['When (UTC)', '', (r) => (r.block_time ? clock(`${r.block_time}000000000`) : `slot ${r.slot}`)],
    ['Side', '', (r) => h('span', { class: r.side === 'buy' ? 'good' : 'bad' }, r.side)],
    ['Amount', 'number', (r) => h('span', { title: `${r.base_amount} raw` }, compact(units(r.base_amount, t.decimals)) ?? rawly(r.base_amount))],
    ['Quote', 'number', (r) => h('span', { title: `${r.quote_amount} raw of ${r.quote_mint}` }, inQuote(compact(units(r.quote_amount, quoteDecimals(r.quote_mint, t))) ?? rawly(r.quote_amount), r.quote_mint))],
    ['Price', 'number', (r) => inQuote(compact(priceOf(r.price, t.decimals, quoteDecimals(r.quote_mint, t))), r.quote_mint)],
    ['USD', 'number minor', (r) => compact(units(r.usd_micros, 6))],
    ['Impact', 'number minor', (r) => (r.price_impact_ppm === undefined ? undefined : `${(Number(r.price_impact_ppm) / 1e4).toFixed(2)} %`)],
    ['Venue', 'minor', (r) => r.venue],
    ['Trader', '', (r) => h('span', { class: 'mono', title: r.trader }, short(r.trader) ?? '–')],
    ['Transaction', 'minor', (r) => h('span', { class: 'mono', title: r.signature }, short(r.signature))],
  ], rows, { keyOf: nameOf, empty: 'no trade yet' });
}

function poolTable(rows, t) {
  return table([
    ['Pool', '', (p) => h('span', { class: 'mono', title: p.pool }, short(p.pool))], ['Venue', '', (p) => p.venue],
    ['Base', 'number', (p) => compact(units(p.base_reserve, t.decimals)) ?? rawly(p.base_reserve)],
    ['Quote', 'number', (p) => inQuote(compact(units(p.quote_reserve, quoteDecimals(p.quote_mint, t))) ?? rawly(p.quote_reserve), p.quote_mint)],
    ['TVL', 'number', (p) => (p.value_usd_micros === undefined ? undefined : `$${compact(units(p.value_usd_micros, 6))}`)], ['LP burned', 'number minor', (p) => whole(p.lp_burned)],
    ['Slot', 'number minor', (p) => whole(p.last_slot)],
  ], rows, { empty: 'no pool yet' });
}

// what says a signal in a line: figures in raw units, as the monitor gave them.
function what(s) {
  const parts = [];
  if (s.trades !== undefined) parts.push(`${whole(s.trades)} trades`);
  if (s.profit !== undefined) parts.push(`profit ${whole(s.profit)}`);
  if (s.victim_loss !== undefined) parts.push(`victims lost ${whole(s.victim_loss)}`);
  if (parts.length) return h('span', { title: 'raw units of the quote mint' }, parts.join(', '));
  const text = s.body?.signal?.text ?? Object.entries(s.body ?? {}).filter(([, v]) => typeof v !== 'object').slice(0, 4).map(([k, v]) => `${k} ${v}`).join(', ');
  return text || undefined;
}

export function signalTable(rows) {
  return table([
    ['When (UTC)', '', (s) => (s.block_time ? clock(`${s.block_time}000000000`) : `slot ${s.slot}`)],
    ['Kind', '', (s) => s.kind.replaceAll('_', ' ')], ['About', '', (s) => h('span', { class: 'mono', title: s.about }, short(s.about) ?? '–')],
    ['What', '', what], ['Transaction', '', (s) => h('span', { class: 'mono', title: s.signature }, short(s.signature) ?? '–')],
  ], rows, { keyOf: (s) => s.event, empty: 'nothing was found yet' });
}
