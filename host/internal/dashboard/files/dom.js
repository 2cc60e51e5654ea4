// Elements and numbers. Text from the chain is never markup: it only goes in as text nodes.

// h makes an element. Attributes that are null, undefined or false are left out; on… are listeners.
export function h(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else e.setAttribute(name, value === true ? '' : value);
  }
  e.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

// table makes a table of columns [name, class, cell(row)]; what a row does not know shows as a dash.
export function table(columns, rows, { keyOf, fresh, empty = 'nothing yet' } = {}) {
  const body = rows.map((row) => h('tr', { 'data-key': keyOf?.(row), class: fresh?.(row) ? 'fresh' : null },
    columns.map(([name, kind, cell]) => h('td', { class: kind, 'data-name': name }, cell(row) ?? '–'))));
  if (!rows.length) body.push(h('tr', {}, h('td', { colspan: columns.length, class: 'quiet' }, empty)));
  return h('div', { class: 'scroll' }, h('table', { class: 'cardy' },
    h('thead', {}, h('tr', {}, columns.map(([name, kind]) => h('th', { scope: 'col', class: kind }, name)))), h('tbody', {}, body)));
}

export function facts(pairs) {
  return h('dl', { class: 'cards' }, pairs.filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => h('div', { class: 'card' }, h('dt', {}, name), h('dd', {}, value))));
}

export const short = (key) => (key && key.length > 12 ? `${key.slice(0, 4)}…${key.slice(-4)}` : key);

// whole groups digits of a whole number, given as a number or as text of any length.
export function whole(n) {
  return n === undefined || n === null ? undefined : String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
}

// compact shows a figure with three digits that matter; only for looking at, exact values stand in the title.
export function compact(n) {
  if (n === undefined || n === null || !Number.isFinite(n)) return undefined;
  if (n === 0) return '0';
  const a = Math.abs(n);
  if (a >= 1e3) return new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 }).format(n);
  return a >= 1e-4 ? String(Number(n.toPrecision(4))) : n.toExponential(2);
}

// units divides raw units by ten to the decimals; undefined when one of them is not known.
export function units(raw, decimals) {
  return raw === undefined || raw === null || decimals === undefined || decimals === null ? undefined : Number(raw) / 10 ** Number(decimals);
}

// priceOf turns an exact ratio of raw units into a figure to look at.
export function priceOf(price, baseDecimals, quoteDecimals) {
  if (!price || Number(price.base) === 0 || baseDecimals === undefined || quoteDecimals === undefined) return undefined;
  return Number(price.quote) / Number(price.base) * 10 ** (Number(baseDecimals) - Number(quoteDecimals));
}

// percent cuts rather than rounds: a curve of which a bit is left is not sold.
export const percent = (share, digits) => `${(Math.floor(Math.round(share * 1e6) / 10 ** (4 - digits)) / 10 ** digits).toFixed(digits)} %`;

// currencies are what coins trade against, by mint: name and decimals.
const currencies = {
  So11111111111111111111111111111111111111112: ['SOL', 9], EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v: ['USDC', 6], Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB: ['USDT', 6],
};

// quoteDecimals are those of a quote mint. A coin may trade against several, and price_decimals are of its last price alone; undefined where
// they are not known.
export const quoteDecimals = (mint, t) => currencies[mint]?.[1] ?? (mint !== undefined && mint === t.price_mint ? t.price_decimals : undefined);

// inQuote says a figure with what it is in.
export const inQuote = (figure, mint) => (figure === undefined ? undefined : `${figure} ${currencies[mint]?.[0] ?? short(mint) ?? ''}`.trim());

// every calls a function again and again until the view that asked for it is left, which may have been while it waited for an answer.
export function every(ms, signal, call) {
  if (signal.aborted) return;
  const timer = setInterval(call, ms);
  signal.addEventListener('abort', () => clearInterval(timer));
}

export function ago(unix) {
  if (unix === undefined || unix === null || Number(unix) === 0) return undefined;
  const s = Math.max(0, Math.round(Date.now() / 1000 - Number(unix)));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`;
}

export const clock = (unixNanos) => new Date(Number(BigInt(unixNanos) / 1000000n)).toISOString().slice(0, 19).replace('T', ' ');
export const micros = (n) => (n === undefined ? undefined : Number(n) < 1000 ? `${n} µs` : Number(n) < 1e6 ? `${(Number(n) / 1e3).toFixed(1)} ms` : `${(Number(n) / 1e6).toFixed(2)} s`);
export const bytes = (n) => (n === undefined ? undefined : Number(n) < 2 ** 20 ? `${(Number(n) / 1024).toFixed(0)} KiB` : Number(n) < 2 ** 30 ? `${(Number(n) / 2 ** 20).toFixed(1)} MiB` : `${(Number(n) / 2 ** 30).toFixed(2)} GiB`);

// bar shows a share from 0 to 1.
export function bar(share, kind = '') {
  if (share === undefined || share === null) return undefined;
  const i = h('i');
  i.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
  return h('span', { class: `bar ${kind}`, role: 'img', 'aria-label': `${(share * 100).toFixed(1)} %` }, i);
}

// spark draws a line through figures.
export function spark(values) {
  if (values.length < 2) return undefined;
  const low = Math.min(...values), span = Math.max(...values) - low || 1;
  const points = values.map((v, i) => `${(i / (values.length - 1) * 88 + 1).toFixed(1)},${(20 - (v - low) / span * 18).toFixed(1)}`);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('viewBox', '0 0 90 22');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(svg.namespaceURI, 'polyline');
  line.setAttribute('points', points.join(' '));
  svg.append(line);
  return svg;
}
