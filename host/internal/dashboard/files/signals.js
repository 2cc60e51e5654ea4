// The signals page: what monitors found, such as sandwiches, whales and drained pools.

import { ask } from './api.js';
import { h } from './dom.js';
import { signalTable } from './token.js';

export async function signals(main, signal) {
  const list = h('div');
  main.replaceChildren(h('h1', {}, 'Signals'), h('section', {}, list));
  const load = async () => list.replaceChildren(signalTable((await ask('/signals', { limit: 100 })).items));
  await load();
  const timer = setInterval(() => { if (!document.hidden) load().catch(() => {}); }, 2000);
  signal.addEventListener('abort', () => clearInterval(timer));
}
