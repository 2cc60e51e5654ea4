// The tokens page: a table from the store that lives by the stream.

import { ask, live } from './api.js';
import { ago, bar, compact, every, h, inQuote, percent, priceOf, quoteDecimals, short, spark, table, units, whole } from './dom.js';

const views = { newest: 'All, newest first', launched: 'New', near_graduation: 'Near graduation', graduated: 'Graduated', active: 'Last traded', gainers: 'Gainers' };
const kept = 40; // figures of a sparkline
const pageSize = 50;

export async function tokens(main, signal) {
  const state = { view: 'active', search: '', items: [], next: '', lines: new Map(), touched: new Set() };
  const list = h('div'), more = h('button', { type: 'button', hidden: true }, 'More');
  const tell = (e) => list.append(h('p', { role: 'alert', class: 'bad' }, e.message));
  main.replaceChildren(h('h1', {}, 'Tokens'), filters(state, () => load(state, list, more).catch((e) => { list.replaceChildren(); tell(e); })), h('section', {}, list, more));
  more.addEventListener('click', () => load(state, list, more, state.next).catch(tell));
  await load(state, list, more);
  live.addEventListener('outputs', (e) => hear(state, e.detail), { signal });
  every(1000, signal, () => refresh(state, list, more));
}

function filters(state, changed) {
  let wait;
  const search = h('input', { type: 'search', name: 'search', placeholder: 'symbol, name or mint', maxlength: 64, oninput: () => {
    clearTimeout(wait);
    wait = setTimeout(() => { state.search = search.value.trim(); changed(); }, 250);
  } });
  const view = h('select', { name: 'view', onchange: () => { state.view = view.value; changed(); } },
    Object.entries(views).map(([value, text]) => h('option', { value, selected: value === state.view }, text)));
  return h('form', { class: 'filters', role: 'search', onsubmit: (e) => e.preventDefault() }, h('label', {}, 'Show', view), h('label', {}, 'Search', search));
}

const askedFor = (state) => [state.view, state.search].join();

async function load(state, list, more, after = '') {
  const asked = askedFor(state);
  const page = await ask('/tokens', { view: state.view, search: state.search, limit: pageSize, after });
  if (asked !== askedFor(state)) return; // something else is looked for by now
  state.items = after ? [...state.items, ...page.items] : page.items;
  state.next = page.next ?? '';
  more.hidden = !state.next;
  draw(state, list);
}

// pairOf names a line: prices in two currencies make none.
const pairOf = (mint, quoteMint) => `${mint} ${quoteMint}`;

// hear takes prices of trades for the sparklines, and notes that the table is old.
function hear(state, o) {
  const t = o.trade_reported;
  if (!t?.price) return;
  const price = Number(t.price.quote) / Number(t.price.base), pair = pairOf(t.mint, t.quote_mint);
  const line = state.lines.get(pair) ?? [];
  line.push(price);
  if (line.length > kept) line.shift();
  state.lines.set(pair, line);
  if (state.lines.size > 2000) state.lines.delete(state.lines.keys().next().value);
  if (state.touched.size > 2000) state.touched.clear(); // nobody looks, as in a tab behind others
  state.touched.add(t.mint);
}

// refresh asks for the first page again once a second, unless somebody has asked for more pages or has the focus in the table.
async function refresh(state, list, more) {
  if (state.items.length > pageSize || list.contains(document.activeElement) || document.hidden) return;
  const asked = askedFor(state);
  const page = await ask('/tokens', { view: state.view, search: state.search, limit: pageSize }).catch(() => null);
  if (list.contains(document.activeElement)) return; // it came in meanwhile: what has the focus must not go away
  if (!page || asked !== askedFor(state)) return;
  state.items = page.items;
  state.next = page.next ?? '';
  more.hidden = !state.next;
  draw(state, list);
}

export const progressOf = (t) => (t.figures?.progress_ppm === undefined ? undefined : Number(t.figures.progress_ppm) / 1e6);

// marketCap is in dollars where they are known, and else in what the token trades against.
export function marketCap(t) {
  const f = t.figures;
  if (f?.market_cap_usd_micros !== undefined) return `$${compact(units(f.market_cap_usd_micros, 6))}`;
  return inQuote(compact(units(f?.market_cap, quoteDecimals(f?.quote_mint, t))), f?.quote_mint);
}

export function phaseBadge(t) {
  return t.phase && h('span', { class: `badge ${({ migrated: 'good', completed: 'warn' })[t.phase] ?? ''}` }, t.phase);
}

function draw(state, list) {
  const touched = state.touched;
  state.touched = new Set();
  list.replaceChildren(table([
    ['Token', '', (t) => h('a', { href: `#/token/${t.mint}`, title: t.mint }, t.symbol || short(t.mint))],
    ['Name', 'minor', (t) => t.name],
    ['Phase', '', phaseBadge],
    ['Progress', 'line', (t) => { const p = progressOf(t); return p === undefined ? undefined : [bar(p), percent(p, 1)]; }],
    ['Price', 'number', (t) => h('span', { title: t.price ? `${t.price.quote}/${t.price.base} raw` : null }, inQuote(compact(priceOf(t.price, t.decimals, t.price_decimals)), t.price_mint) ?? '–')],
    ['Lately', 'minor', (t) => spark(state.lines.get(pairOf(t.mint, t.price_mint)) ?? [])],
    ['Market cap', 'number', marketCap],
    ['Volume', 'number minor', (t) => inQuote(compact(units(t.quote_volume, t.price_decimals)), t.price_mint)],
    ['Trades', 'number', (t) => whole(t.trades)],
    ['Buys / sells', 'number minor', (t) => (t.trades === undefined ? undefined : `${whole(t.buys)} / ${whole(t.sells)}`)],
    ['Holders', 'number minor', (t) => whole(t.figures?.holders)],
    ['Last trade', 'number', (t) => ago(t.last_at)],
  ], state.items, { keyOf: (t) => t.mint, fresh: (t) => touched.has(t.mint), empty: 'no token like this yet' }));
}
