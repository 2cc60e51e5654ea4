// The frame of the page: which view is shown, whether the daemon is heard, and what fires.

import { ask, live, setToken, Problem } from './api.js';
import { h } from './dom.js';
import { tokens } from './tokens.js';
import { token } from './token.js';
import { signals } from './signals.js';
import { stream } from './stream.js';
import { plugins } from './plugins.js';
import { alerts } from './alerts.js';

const views = { tokens, token, signals, stream, plugins, alerts };
const main = document.getElementById('view');
let leave = null; // stops the listeners of the view that is shown
let refused = false; // the daemon was heard: it wants a token

async function show() {
  const [, name = 'tokens', ...rest] = location.hash.split('/');
  const view = views[name] ?? tokens;
  leave?.abort();
  const here = leave = new AbortController();
  for (const a of document.querySelectorAll('nav a')) {
    if (a.hash === `#/${name === 'token' ? 'tokens' : name}`) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
  const place = h('div', {}, h('p', { class: 'quiet' }, 'loading')); // its own: an answer to a view that was left must not draw over the next
  main.replaceChildren(place);
  try {
    await view(place, here.signal, ...rest.map(decodeURIComponent));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (here.signal.aborted) return;
    here.abort(); // what it listens to
    if (error.status === 401) {
      refused = true;
      showLive();
    }
    const away = error.status === 0 || error.status === 429 || error.status >= 500;
    place.replaceChildren(error.status === 401 ? login(error) : h('section', { role: 'alert' }, h('h1', {}, 'Not available'), error.message, away ? '; trying again' : ''));
    if (away) setTimeout(() => { if (leave === here) show(); }, 2000);
  }
}

// login asks for a token, which the page forgets when its tab is closed.
function login(error) {
  const field = h('input', { type: 'password', name: 'token', required: true, autocomplete: 'off', size: 40 });
  return h('section', {}, h('h1', {}, 'A token is needed'), h('p', {}, error.message),
    h('form', { class: 'filters', onsubmit: (e) => { e.preventDefault(); setToken(field.value); live.start(); show(); } },
      h('label', {}, 'Token', field), h('button', {}, 'Enter')));
}

function showFiring(status) {
  const count = document.getElementById('firing'), n = status.alerts?.length ?? 0;
  count.hidden = n === 0;
  count.textContent = n;
}

const badge = document.getElementById('live');

function showLive() {
  const good = live.state === 'live';
  badge.textContent = good ? 'live' : refused ? 'not signed in' : 'daemon not heard, trying again';
  badge.className = `badge ${good ? 'good' : 'bad'}`;
}

live.addEventListener('state', () => {
  if (live.state === 'live') refused = false;
  showLive();
});
live.addEventListener('status', (e) => showFiring(e.detail));

const theme = localStorage.getItem('weir-theme');
if (theme) document.documentElement.dataset.theme = theme;
document.getElementById('theme').addEventListener('click', () => {
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'light' : 'dark';
  localStorage.setItem('weir-theme', document.documentElement.dataset.theme);
});

addEventListener('hashchange', () => { show(); main.focus(); });
live.start();
ask('/status').then(showFiring, () => {});
show();
