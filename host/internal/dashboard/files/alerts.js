// The alerts page: what fires, and what was told before.

import { ask, live } from './api.js';
import { clock, h, table } from './dom.js';

const word = (s, prefix) => (s ?? '').replace(prefix, '').toLowerCase();
const kindOf = (a) => ({ critical: 'bad', warning: 'warn' })[word(a.severity, 'SEVERITY_')] ?? '';

export async function alerts(main, signal) {
  const now = h('div'), past = h('div');
  main.replaceChildren(h('h1', {}, 'Alerts'), h('section', {}, h('h2', {}, 'Fires now'), now), h('section', {}, h('h2', {}, 'Told lately'), past),
    h('section', {}, h('h2', {}, 'Webhooks'), h('div', { id: 'hooks' })));
  const draw = (s) => {
    now.replaceChildren(alertTable((s.alerts ?? []).map((alert) => ({ alert })), 'nothing fires'));
    document.getElementById('hooks')?.replaceChildren(hookTable(s.webhooks ?? []));
  };
  draw(live.status ?? await ask('/status'));
  live.addEventListener('status', (e) => draw(e.detail), { signal });
  let told = [];
  const add = (more) => {
    const known = new Set(told.map((a) => a.position));
    told = [...told, ...more.filter((a) => !known.has(a.position))].sort((a, b) => Number(b.position) - Number(a.position)).slice(0, 200);
    past.replaceChildren(alertTable(told, 'nothing was told yet'));
  };
  live.addEventListener('alerts', (e) => add([e.detail]), { signal }); // before asking, so that none falls between
  add((await ask('/alerts', { limit: 200 })).items);
}

function alertTable(rows, empty) {
  return table([
    ['When (UTC)', '', (r) => clock(r.alert.at_unix_nanos)],
    ['State', '', (r) => h('span', { class: `badge ${word(r.alert.state, 'ALERT_STATE_') === 'firing' ? kindOf(r.alert) : 'good'}` }, word(r.alert.state, 'ALERT_STATE_'))],
    ['Severity', '', (r) => word(r.alert.severity, 'SEVERITY_')],
    ['Rule', '', (r) => r.alert.rule],
    ['About', '', (r) => h('span', { class: 'mono' }, r.alert.subject ?? '')],
    ['What', '', (r) => r.alert.detail],
    ['What to do', '', (r) => r.alert.remedy],
  ], rows, { keyOf: (r) => `${r.alert.rule} ${word(r.alert.state, 'ALERT_STATE_')}`, empty });
}

function hookTable(rows) {
  return table([
    ['Webhook', '', (w) => w.name], ['Delivered', 'number', (w) => w.delivered], ['Failed tries', 'number', (w) => w.failed], ['Given up', 'number', (w) => w.lost],
    ['Last error', '', (w) => w.last_error],
  ], rows, { empty: 'none is configured' });
}
