// The signals page: what monitors found, such as sandwiches, whales and drained pools.

import { ask } from './api.js';
import { every, h } from './dom.js';
import { signalTable } from './token.js';

// The kinds that the page shows; docs/monitors says what each is. bundle is left out: it is any transaction with a tip.
const usual = ['sandwich', 'sandwich_attempt', 'back_run', 'arbitrage', 'whale', 'sniper', 'wash', 'bundled_launch', 'copy_trade', 'creator_dump', 'pool_drained', 'token_near_graduation', 'token_milestone'];

export async function signals(main, signal) {
  const list = h('div');
  const pick = h('select', { name: 'kind', onchange: () => load() }, h('option', { value: usual.join() }, 'all'), usual.map((k) => h('option', { value: k }, k.replaceAll('_', ' '))));
  main.replaceChildren(h('h1', {}, 'Signals'), h('form', { class: 'filters', onsubmit: (e) => e.preventDefault() }, h('label', {}, 'Kind', pick)), h('section', {}, list));
  const load = async () => list.replaceChildren(signalTable((await ask('/signals', { kinds: pick.value, limit: 100 })).items));
  await load();
  every(2000, signal, () => { if (!document.hidden) load().catch(() => {}); });
}
