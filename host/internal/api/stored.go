package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/weir-run/weir/host/internal/store/query"
)

// pageParams ask for part of a list of the store.
var pageParams = []param{{"limit", "How many at most.", integer(1, 500, "50")}, {"after", "next of the page before.", cursor}}

func pageAsked(in args) query.Page {
	return query.Page{After: in["after"], Limit: int(in.number("limit"))}
}

func with(more ...param) []param { return append(more, pageParams...) }

var (
	mintParam    = param{"mint", "Token.", key}
	poolParam    = param{"pool", "Pool or curve.", key}
	windowParam  = param{"window", "Length of the window that is shown, in seconds.", integer(0, 1<<31, "0")}
	secondsParam = param{"seconds", "Length in seconds.", integer(1, 1<<31, "60")}
)

// storedRoutes answer from the database.
func (a *API) storedRoutes() []route {
	return []route{
		list(a, "/tokens", "Tokens, in one of several views.", with(
			param{"view", "Which, and in which order.", oneOf("newest", "launched", "near_graduation", "graduated", "active", "gainers")},
			param{"search", "Beginning of a name or symbol, or a mint.", text}, param{"phase", "Only in this phase.", oneOf("created", "trading", "completed", "migrated")},
			param{"creator", "Only of this creator.", key}, windowParam,
			param{"min_progress", "Of near_graduation: the least part of the curve that is sold, in millionths.", integer(1, 1_000_000, "800000")}, param{"within", "Of gainers: how far back the price is compared, in seconds.", integer(1, 1<<31, "3600")},
		), func(ctx context.Context, r *query.Reader, in args) (query.List[query.Token], error) {
			return r.Tokens(ctx, query.TokensQuery{
				Page: pageAsked(in), View: query.View(in["view"]), Search: in["search"], Phase: in["phase"], Creator: in["creator"],
				Window: int64(in.number("window")), Within: int64(in.number("within")), MinProgress: int64(in.number("min_progress")),
			})
		}),
		single(a, "/tokens/{mint}", "One token.", []param{mintParam, windowParam}, func(ctx context.Context, r *query.Reader, in args) (query.Token, bool, error) {
			return r.Token(ctx, in["mint"], int64(in.number("window")))
		}),
		list(a, "/tokens/{mint}/candles", "Closed candles of a pair, the newest first. An interval without a trade has none.", with(
			mintParam, param{"quote_mint", "What it is traded against; candle-kinds lists which.", check{kind: "key", needed: true}}, secondsParam,
			param{"from", "First begin, Unix seconds.", integer(0, 1<<40, "0")}, param{"to", "Bound of the begin, exclusive; 0 is none.", integer(0, 1<<40, "0")},
		), func(ctx context.Context, r *query.Reader, in args) (query.List[query.Candle], error) {
			return r.Candles(ctx, query.CandlesQuery{
				Page: pageAsked(in), Mint: in["mint"], QuoteMint: in["quote_mint"], Seconds: int64(in.number("seconds")), From: int64(in.number("from")), To: int64(in.number("to")),
			})
		}),
		list(a, "/tokens/{mint}/candle-kinds", "Of which pairs and lengths there are candles.", []param{mintParam},
			func(ctx context.Context, r *query.Reader, in args) (out query.List[query.CandleKind], err error) {
				out.Items, err = r.CandleKinds(ctx, in["mint"])
				return out, err
			}),
		list(a, "/tokens/{mint}/windows", "What was traded of it of late, by length.", []param{mintParam},
			func(ctx context.Context, r *query.Reader, in args) (out query.List[query.Window], err error) {
				out.Items, err = r.Windows(ctx, in["mint"])
				return out, err
			}),
		list(a, "/trades", "Trades, the newest first.", with(mintParam, poolParam, param{"trader", "Wallet.", key}, param{"side", "Seen from the trader.", oneOf("buy", "sell")}),
			func(ctx context.Context, r *query.Reader, in args) (query.List[query.Trade], error) {
				return r.Trades(ctx, query.TradesQuery{Page: pageAsked(in), Mint: in["mint"], Pool: in["pool"], Trader: in["trader"], Side: in["side"]})
			}),
		list(a, "/pools", "Pools.", with(param{"view", "Order.", oneOf("newest", "active", "largest")}, mintParam, param{"venue", "Only of this venue.", name}),
			func(ctx context.Context, r *query.Reader, in args) (query.List[query.Pool], error) {
				return r.Pools(ctx, query.PoolsQuery{Page: pageAsked(in), View: query.View(in["view"]), Mint: in["mint"], Venue: in["venue"]})
			}),
		single(a, "/pools/{pool}", "One pool.", []param{poolParam}, func(ctx context.Context, r *query.Reader, in args) (query.Pool, bool, error) {
			return r.Pool(ctx, in["pool"])
		}),
		list(a, "/pools/{pool}/periods", "What happened in a pool in each period, the newest first.", with(poolParam, param{"seconds", "Length in seconds.", integer(1, 1<<31, "3600")}),
			func(ctx context.Context, r *query.Reader, in args) (query.List[query.PoolPeriod], error) {
				return r.PoolPeriods(ctx, query.PoolPeriodsQuery{Page: pageAsked(in), Pool: in["pool"], Seconds: int64(in.number("seconds"))})
			}),
		list(a, "/positions", "Positions of liquidity providers, the last changed first.", with(poolParam, param{"owner", "Wallet.", key}),
			func(ctx context.Context, r *query.Reader, in args) (query.List[query.Position], error) {
				return r.Positions(ctx, query.PositionsQuery{Page: pageAsked(in), Pool: in["pool"], Owner: in["owner"]})
			}),
		list(a, "/fees", "Fees that were swept out of pools, the newest first.", with(poolParam, param{"recipient", "Who got them.", key}),
			func(ctx context.Context, r *query.Reader, in args) (query.List[query.Fee], error) {
				return r.Fees(ctx, query.FeesQuery{Page: pageAsked(in), Pool: in["pool"], Recipient: in["recipient"]})
			}),
		list(a, "/liquidity", "Changes of liquidity, the newest first.", with(poolParam, param{"owner", "Wallet.", key}, param{"change", "Only these.", oneOf("created", "added", "removed")}),
			func(ctx context.Context, r *query.Reader, in args) (query.List[query.LiquidityEvent], error) {
				return r.Liquidity(ctx, query.LiquidityQuery{Page: pageAsked(in), Pool: in["pool"], Owner: in["owner"], Change: in["change"]})
			}),
		list(a, "/signals", "What monitors found: MEV, patterns, and whatever has no table of its own. The newest first.",
			with(param{"kinds", "Only these kinds.", names}, mintParam, poolParam, param{"actor", "Wallet.", key}, param{"instance", "Only of this monitor instance.", name}),
			func(ctx context.Context, r *query.Reader, in args) (query.List[query.Signal], error) {
				return r.Signals(ctx, query.SignalsQuery{
					Page: pageAsked(in), Kinds: in.list("kinds"), Mint: in["mint"], Pool: in["pool"], Actor: in["actor"], Instance: in["instance"],
				})
			}),
	}
}

// list makes a route that answers with a page.
func list[T any](a *API, path, summary string, params []param, ask func(context.Context, *query.Reader, args) (query.List[T], error)) route {
	var item T
	return route{method: http.MethodGet, path: path, scope: Read, summary: summary, params: params, schema: pageOf(structOf(item)), answer: func(ctx context.Context, in args) ([]byte, error) {
		r, err := a.store()
		if err != nil {
			return nil, err
		}
		page, err := ask(ctx, r, in)
		if err != nil {
			return nil, stored(err)
		}
		if page.Items == nil {
			page.Items = []T{}
		}
		return json.Marshal(page)
	}}
}

// single makes a route that answers with one thing, or that there is none.
func single[T any](a *API, path, summary string, params []param, ask func(context.Context, *query.Reader, args) (T, bool, error)) route {
	var item T
	return route{method: http.MethodGet, path: path, scope: Read, summary: summary, params: params, schema: structOf(item), answer: func(ctx context.Context, in args) ([]byte, error) {
		r, err := a.store()
		if err != nil {
			return nil, err
		}
		found, ok, err := ask(ctx, r, in)
		switch {
		case err != nil:
			return nil, stored(err)
		case !ok:
			return nil, problemf(http.StatusNotFound, "nothing is stored of it")
		}
		return json.Marshal(found)
	}}
}

func (a *API) store() (*query.Reader, error) {
	if a.cfg.Store == nil {
		return nil, problemf(http.StatusNotFound, "no store is configured: set store.url, for example to sqlite")
	}
	return a.cfg.Store, nil
}

// stored tells what the client did from what the database did.
func stored(err error) error {
	switch {
	case errors.Is(err, query.ErrBadCursor):
		p := problemf(http.StatusBadRequest, "%v", err)
		p.Parameter = "after"
		return p
	case errors.Is(err, query.ErrBadQuery):
		return problemf(http.StatusBadRequest, "%v", err)
	case errors.Is(err, query.ErrNotReady):
		p := problemf(http.StatusServiceUnavailable, "the database is away, or its tables are not made yet")
		p.retryAfter = 2
		return p
	}
	return err
}
