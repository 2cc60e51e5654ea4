// What the page asks the daemon, and what the daemon says by itself.

const base = 'api/v1';
let token = sessionStorage.getItem('weir-token') ?? '';

export function setToken(value) {
  token = value;
  sessionStorage.setItem('weir-token', value);
}

// Problem is an answer that is not what was asked for; its status is 0 when none came.
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

// ask calls the API. Parameters that are empty are left out.
export async function ask(path, parameters = {}, method = 'GET') {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, v]) => v !== '' && v !== undefined && v !== null && v !== false));
  const answer = await fetch(`${base}${path}${query.size ? `?${query}` : ''}`, { method, headers: token ? { Authorization: `Bearer ${token}` } : {} })
    .catch(() => { throw new Problem(0, 'the daemon does not answer'); });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, body.detail ?? answer.statusText);
  return body;
}

// Live is the one stream of the page. Listeners get outputs, alerts and status; the browser goes on after the last id by itself.
class Live extends EventTarget {
  status = null;
  state = 'connecting';

  start() {
    const query = new URLSearchParams({ topics: 'outputs,alerts,status' });
    if (token) query.set('token', token);
    if (this.last) query.set('last_event_id', this.last);
    this.source?.close();
    this.source = new EventSource(`${base}/stream?${query}`);
    for (const topic of ['outputs', 'alerts', 'status']) {
      this.source.addEventListener(topic, (e) => this.heard(topic, e));
    }
    this.source.onerror = () => {
      this.turn('lost');
      if (this.source.readyState === EventSource.CLOSED) { // the browser gives up on answers that are no stream
        this.last = ''; // it may be of another journal, for which it is refused
        clearTimeout(this.again);
        this.again = setTimeout(() => this.start(), 2000);
      }
    };
  }

  heard(topic, e) {
    this.turn('live');
    if (e.lastEventId) this.last = e.lastEventId;
    const data = JSON.parse(e.data);
    if (topic === 'status') this.status = data;
    this.dispatchEvent(new CustomEvent(topic, { detail: data }));
  }

  turn(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }
}

export const live = new Live();
