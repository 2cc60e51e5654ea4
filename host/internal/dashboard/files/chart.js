// The chart of a token: candles where the trading monitor makes them, and otherwise the price of each trade.

import { ask } from './api.js';
import { h, priceOf } from './dom.js';
import { createChart, CandlestickSeries, HistogramSeries, LineSeries } from './vendor/lightweight-charts.js';

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const names = { 1: '1 s', 60: '1 min', 300: '5 min', 900: '15 min', 3600: '1 h', 14400: '4 h', 86400: '1 d' };

// chart draws into a place and returns a function that takes a new trade. trades gives those that are known, the oldest first.
export async function chart(place, token, trades, signal) {
  const kinds = (await ask(`/tokens/${encodeURIComponent(token.mint)}/candle-kinds`)).items.filter((k) => !token.price_mint || k.quote_mint === token.price_mint);
  if (signal.aborted) return () => {};
  const box = h('div', { id: 'chart' });
  const pick = h('select', { 'aria-label': 'Interval' }, h('option', { value: '' }, 'each trade'),
    kinds.map((k) => h('option', { value: k.seconds }, names[k.seconds] ?? `${k.seconds} s`)));
  if (kinds.length) pick.value = String(kinds[0].seconds);
  const note = h('p', { class: 'quiet' });
  place.replaceChildren(h('form', { class: 'filters' }, h('label', {}, 'Interval', pick)), box, note);
  const frame = createChart(box, {
    autoSize: true, layout: { background: { color: 'transparent' }, textColor: colour('--text') },
    grid: { vertLines: { color: colour('--line') }, horzLines: { color: colour('--line') } }, timeScale: { timeVisible: true, secondsVisible: true },
  });
  signal.addEventListener('abort', () => frame.remove());
  let add = () => {}, old = () => {};
  const draw = async () => {
    old();
    const [series, point] = pick.value ? await candles(frame, token, kinds.find((k) => String(k.seconds) === pick.value), note) : line(frame, token, trades(), note);
    add = point;
    old = () => series.forEach((s) => frame.removeSeries(s));
    frame.timeScale().fitContent();
  };
  pick.addEventListener('change', draw);
  await draw();
  return (trade) => add(trade);
}

const format = () => ({ type: 'custom', minMove: 1e-12, formatter: (v) => (v >= 1e-4 ? v.toPrecision(5) : v.toExponential(3)) });

async function candles(frame, token, kind, note) {
  const all = (await ask(`/tokens/${encodeURIComponent(token.mint)}/candles`, { quote_mint: kind.quote_mint, seconds: kind.seconds, limit: 500 })).items.toReversed();
  const at = (p) => priceOf(p, token.decimals, token.price_decimals);
  const full = all.filter((c) => c.open);
  const series = frame.addSeries(CandlestickSeries, { upColor: colour('--good'), downColor: colour('--bad'), wickUpColor: colour('--good'), wickDownColor: colour('--bad'), borderVisible: false, priceFormat: format() });
  series.setData(full.map((c) => ({ time: Number(c.start), open: at(c.open), high: at(c.high), low: at(c.low), close: at(c.close) })));
  const volume = frame.addSeries(HistogramSeries, { priceScaleId: 'volume', color: colour('--line'), priceFormat: { type: 'volume' } });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
  volume.setData(all.map((c) => ({ time: Number(c.start), value: Number(c.quote_volume) / 10 ** Number(token.price_decimals ?? 0) })));
  const unmade = full.filter((c) => c.retracted).length;
  const holes = full.filter((c) => c.gap).length;
  note.textContent = `${full.length} closed candles; an interval without a trade has none${holes ? `; in ${holes} of them records were lost, there may have been more trades` : ''}${unmade ? `; ${unmade} of them count trades of slots that never happened` : ''}`;
  return [[series, volume], () => {}];
}

function line(frame, token, trades, note) {
  const series = frame.addSeries(LineSeries, { color: colour('--accent'), lineWidth: 2, priceFormat: format() });
  // Several trades of one second stand at the last one: the axis has whole seconds.
  const points = new Map();
  // Prices in another currency are on another scale.
  const valueOf = (r) => (r.block_time && r.quote_mint === token.price_mint ? priceOf(r.price, token.decimals, token.price_decimals) : undefined);
  let newest = 0; // the library takes points at the end only
  for (const r of trades) {
    const value = valueOf(r);
    if (value === undefined) continue;
    points.set(Number(r.block_time), value);
    newest = Math.max(newest, Number(r.block_time));
  }
  series.setData([...points].sort((a, b) => a[0] - b[0]).map(([time, value]) => ({ time, value })));
  note.textContent = 'the last trades and what comes; the last price of each second';
  return [[series], (r) => {
    const value = valueOf(r);
    if (value === undefined || Number(r.block_time) < newest) return;
    newest = Number(r.block_time);
    series.update({ time: newest, value });
  }];
}
