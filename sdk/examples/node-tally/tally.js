#!/usr/bin/env node
'use strict';
// A Weir monitor in Node: every so many trades of a token it says how many there were and what was paid. Everything that is not about
// tallying is in weir.js, which is the contract of docs/contract.md over plain gRPC.

const { serve, base58 } = require('./weir');

const LIMIT = 10_000; // tokens remembered; state must have a bound

serve({
  name: 'tally',
  version: '0.1.0',
  kinds: ['KIND_TRADE'],
  outputs: ['tally'],
  config: { every: { type: 'integer', minimum: 1, default: 100, description: 'Trades of a token between two outputs.' } },

  // create makes the monitor of one life: from its configuration, and nothing else.
  create({ every }) {
    let tokens = new Map(); // mint -> { trades, volume }, the one first seen first

    return {
      record({ trade }, emit) {
        const mint = base58(trade.mint);
        const token = tokens.get(mint) ?? { trades: 0, volume: 0n };
        token.trades += 1;
        token.volume += BigInt(trade.quote_amount); // raw units: more than a double can hold
        tokens.set(mint, token);
        if (tokens.size > LIMIT) {
          tokens.delete(tokens.keys().next().value);
        }
        if (token.trades % every === 0) {
          emit('tally', mint, `${token.trades} trades for ${token.volume} in all`, { trades: `${token.trades}`, volume: `${token.volume}` });
        }
      },

      // A Map keeps its order in this form, so the same records give the same bytes.
      save: () => JSON.stringify([...tokens].map(([mint, t]) => [mint, t.trades, `${t.volume}`])),
      restore(text) {
        tokens = new Map(JSON.parse(text).map(([mint, trades, volume]) => [mint, { trades, volume: BigInt(volume) }]));
      },
    };
  },
});
