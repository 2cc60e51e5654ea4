// The stream page: connections, groups, budget, breakers, stages and gaps.

import { ask, live } from './api.js';
import { bar, bytes, every, facts, h, micros, table, whole } from './dom.js';

const slots = 300; // on the strip

export async function stream(main, signal) {
  const top = h('div'), connections = h('div'), stages = h('div'), gaps = h('div'), programs = h('div'), caches = h('div');
  main.replaceChildren(h('h1', {}, 'Stream'), top, h('section', {}, h('h2', {}, 'Connections'), connections),
    h('section', {}, h('h2', {}, 'Slots'), gaps), h('section', {}, h('h2', {}, 'Stages'), stages), h('section', {}, h('h2', {}, 'Programs'), programs), caches);
  const draw = (s) => {
    top.replaceChildren(overview(s));
    connections.replaceChildren(connectionTable(s.endpoints ?? []));
    stages.replaceChildren(stageTable(s.stages ?? []));
    programs.replaceChildren(programTable((s.programs ?? []).filter((p) => Number(p.seen))));
  };
  draw(live.status ?? await ask('/status'));
  live.addEventListener('status', (e) => draw(e.detail), { signal });
  const strips = async () => gaps.replaceChildren(await gapStrips());
  await strips();
  every(3000, signal, () => strips().catch(() => {}));
}

function overview(s) {
  const p99 = s.stages?.find((st) => st.name === 'monitor')?.latency;
  return facts([
    ['Complete to slot', whole(s.journal?.complete_slot)], ['Records', whole(s.journal?.last_number)], ['Journal', bytes(s.journal?.bytes)],
    ['Receipt to output, p50', micros(p99?.p50_micros)], ['Receipt to output, p99', micros(p99?.p99_micros)],
    ['Missing slots', h('span', { class: Number(s.gaps?.missing_slots) ? 'bad' : 'good' }, whole(s.gaps?.missing_slots ?? 0))],
    ['Memory', bytes(s.process?.rss_bytes)], ['Disk free', bytes(s.disk?.free_bytes)], ['Version', s.version],
    ['Trouble', s.journal?.trouble && h('span', { class: 'bad' }, s.journal.trouble)],
  ]);
}

const stateKind = (state) => (state === 'streaming' ? 'good' : state === 'stopped' ? 'bad' : 'warn');

function connectionTable(rows) {
  return table([
    ['Connection', '', (c) => `${c.connection ?? 0} ${c.name}`],
    ['State', '', (c) => h('span', { class: `badge ${stateKind(c.state)}` }, c.state)],
    ['Groups', '', (c) => c.groups?.join(', ')],
    ['Slot', 'number', (c) => whole(c.slot)],
    ['Tx/s', 'number', (c) => c.tps?.toFixed(0)],
    ['Received', 'number', (c) => bytes(c.bytes)],
    ['Lag', 'number', (c) => micros(c.lag_micros)],
    ['Breaker', '', (c) => h('span', { class: c.breaker === 'closed' ? 'good' : 'bad' }, c.breaker)],
    ['Opens', '', (c) => [bar(c.opens_used / c.opens_limit, c.opens_used > 0.8 * c.opens_limit ? 'bad' : ''), `${c.opens_used} of ${c.opens_limit}`]],
    ['Trouble', '', (c) => (c.alarms?.length || c.state !== 'streaming') && h('span', { class: 'warn' }, [...(c.alarms ?? []), c.last_error].filter(Boolean).join('; '))],
  ], rows, { keyOf: (c) => `connection ${c.connection ?? 0}` });
}

function stageTable(rows) {
  return table([
    ['Stage', '', (s) => s.name], ['In', 'number', (s) => whole(s.in)], ['Out', 'number', (s) => whole(s.out)],
    ['Dropped', '', (s) => Object.entries(s.dropped ?? {}).filter(([, n]) => Number(n)).map(([why, n]) => `${whole(n)} ${why}`).join(', ') || '0'],
    ['Waiting', 'number', (s) => (s.name === 'order' ? whole(s.held) : undefined)],
    ['p50', 'number', (s) => micros(s.latency?.p50_micros)], ['p99', 'number', (s) => micros(s.latency?.p99_micros)], ['Longest', 'number minor', (s) => micros(s.latency?.max_micros)],
  ], rows);
}

function programTable(rows) {
  return table([
    ['Program', '', (p) => p.name], ['Instructions', 'number', (p) => whole(p.seen)],
    ['Answered by', '', (p) => Object.entries(p.by_strategy ?? {}).filter(([, n]) => Number(n)).map(([how, n]) => `${whole(n)} ${how}`).join(', ')],
    ['Trouble', '', (p) => Object.entries(p.trouble ?? {}).filter(([, n]) => Number(n)).map(([what, n]) => h('span', { class: 'warn' }, `${whole(n)} ${what} `))],
  ], rows);
}

// gapStrips shows the newest slots of each group, a line each, by what the ledger says of them.
async function gapStrips() {
  const newest = await ask('/gaps', { states: 'missing', from_slot: 1 });
  const end = Math.max(0, ...(newest.frontiers ?? []).map((f) => Number(f.slot)));
  if (!end) return h('p', { class: 'quiet' }, 'no slot is complete yet');
  const from = Math.max(1, end - slots + 1);
  const all = await ask('/gaps', { states: 'complete,empty,dead,backfilled,missing', from_slot: from, to_slot: end });
  const rows = (newest.frontiers ?? []).map((f) => h('div', {}, h('div', { class: 'quiet' }, `${f.group}: complete to ${whole(f.slot)}`),
    strip((all.ranges ?? []).filter((r) => r.groups?.includes(f.group)), from, end)));
  const missing = (newest.ranges ?? []).slice(-10).map((r) => h('li', { class: 'bad' }, `${r.from_slot} to ${r.to_slot}: ${r.reason}`));
  return h('div', {}, rows, h('p', { class: 'quiet' }, `the newest ${end - from + 1} slots; green complete, grey empty, blue healed, yellow given up by the chain, red missing. `,
    `${whole(newest.missing_slots)} slots are missing in all.`), missing.length ? h('ul', {}, missing) : null);
}

function strip(ranges, from, end) {
  const line = h('div', { class: 'strip' });
  let at = from;
  const add = (n, kind) => {
    if (n <= 0) return;
    const i = h('i', { class: kind });
    i.style.width = `${n / (end - from + 1) * 100}%`;
    line.append(i);
  };
  for (const r of ranges.toSorted((a, b) => Number(a.from_slot) - Number(b.from_slot))) {
    const first = Math.max(at, Number(r.from_slot)), last = Math.min(end, Number(r.to_slot));
    add(first - at, '');
    add(last - first + 1, (r.state ?? '').replace('SLOT_STATE_', '').toLowerCase());
    at = Math.max(at, last + 1);
  }
  add(end - at + 1, '');
  return line;
}
