// The plugins page: how each monitor does, why it crashed, and what it logged.

import { ask, live } from './api.js';
import { ago, bytes, h, micros, table, whole } from './dom.js';

export const stateKind = (state) => ({ live: 'good', replaying: 'warn', starting: 'warn', configuring: 'warn', restoring: 'warn', draining: 'warn' })[state] ?? 'bad';

const fresh = 10; // seconds for which a crash is red although the plugin is back

// stateBadge is red for a moment after a crash: most plugins are back before anybody looks.
function stateBadge(p) {
  const ago = Date.now() / 1000 - Number(p.last_crash_unix ?? 0);
  if (p.state === 'live' && ago < fresh) return h('span', { class: 'badge bad' }, `live, crashed ${Math.max(0, Math.round(ago))} s ago`);
  return h('span', { class: `badge ${stateKind(p.state)}` }, p.state);
}

export async function plugins(main, signal, chosen) {
  const list = h('div'), detail = h('div');
  main.replaceChildren(h('h1', {}, 'Plugins'), h('section', {}, list), detail);
  const draw = (s) => list.replaceChildren(pluginTable(s.plugins ?? [], s.journal?.last_number));
  draw(live.status ?? await ask('/status'));
  live.addEventListener('status', (e) => draw(e.detail), { signal });
  if (chosen) detail.replaceChildren(await one(chosen));
}

function pluginTable(rows) {
  return table([
    ['Instance', '', (p) => h('a', { href: `#/plugins/${encodeURIComponent(p.instance)}` }, p.instance)],
    ['Monitor', '', (p) => p.monitor],
    ['State', '', stateBadge],
    ['Upgrade', 'minor', (p) => p.upgrade],
    ['Starts', 'number', (p) => whole(p.starts)],
    ['Behind', 'number', (p) => whole(p.lag)],
    ['Behind, time', 'number minor', (p) => (Number(p.lag_millis) ? micros(Number(p.lag_millis) * 1000) : undefined)],
    ['Memory', 'number minor', (p) => bytes(p.rss_bytes)],
    ['Events', 'number', (p) => whole(p.outputs)],
    ['Checkpoint', 'number', (p) => (Number(p.checkpoint) ? [whole(p.checkpoint), Number(p.checkpoint_bytes) ? ` (${bytes(p.checkpoint_bytes)})` : '', Number(p.checkpoint_unix) ? `, ${ago(p.checkpoint_unix)}` : ''] : undefined)],
    ['Stood', 'number minor', (p) => (Number(p.checkpoint_stood_micros) ? micros(p.checkpoint_stood_micros) : undefined)],
    ['Spared', 'number minor', (p) => whole(p.parked)],
    ['Isolation', 'minor', (p) => p.isolation?.slice(0, 2)],
    ['Last crash', '', (p) => h('span', { class: p.last_crash ? 'warn' : 'quiet' }, p.reason || p.last_crash?.split('\n')[0] || 'none')],
  ], rows, { keyOf: (p) => p.instance, empty: 'no plugin is configured' });
}

async function one(instance) {
  const crash = await ask(`/plugins/${encodeURIComponent(instance)}/crash`);
  const logs = await ask(`/plugins/${encodeURIComponent(instance)}/logs`).catch(() => null);
  const told = h('p', { role: 'status' });
  const order = (what) => async () => {
    told.textContent = await ask(`/plugins/${encodeURIComponent(instance)}/${what}`, {}, 'POST').then(() => `${what}: done`, (e) => `${what}: ${e.message}`);
  };
  return h('section', {}, h('h2', {}, instance),
    h('p', {}, h('button', { type: 'button', onclick: order('resume') }, 'Resume'), ' ', h('button', { type: 'button', onclick: order('rollback') }, 'Take the last upgrade back')), told,
    h('h2', {}, 'Last crash'),
    crash.crash ? h('div', {}, h('p', {}, h('strong', {}, crash.crash.cause), ': ', crash.crash.detail), h('pre', { class: 'mono' }, (crash.crash.stack ?? []).join('\n')))
      : h('p', { class: 'quiet' }, 'none since the daemon started'),
    crash.dead_letters?.length ? table([
      ['Record', 'number', (d) => whole(d.number)], ['Why', '', (d) => d.reason], ['Detail', '', (d) => d.detail],
    ], crash.dead_letters) : null,
    logs ? [h('h2', {}, 'Log'), h('pre', { class: 'mono', tabindex: 0 }, logs.lines?.join('\n') || 'nothing yet')] : null);
}
