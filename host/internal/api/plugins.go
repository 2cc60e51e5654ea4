package api

import (
	"context"
	"net/http"

	"github.com/weir-run/weir/host/internal/jsonl"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// pluginRoutes tell of monitors, and let admins look after them.
func (a *API) pluginRoutes() []route {
	one := []param{{"name", "Instance.", name}}
	return []route{
		{
			method: http.MethodGet, path: "/plugins", scope: Read, summary: "Monitor instances.", schema: pageOf(messageOf(&adminv1.PluginStatus{})),
			answer: func(context.Context, args) ([]byte, error) { return page(a.cfg.Source.Status().GetPlugins(), ""), nil },
		},
		{
			method: http.MethodGet, path: "/plugins/{name}", scope: Read, summary: "One monitor instance.", schema: messageOf(&adminv1.PluginStatus{}), params: one,
			answer: a.plugin,
		},
		{
			method: http.MethodGet, path: "/plugins/{name}/crash", scope: Read, summary: "Its last crash, and the records that it was spared.",
			schema: messageOf(&adminv1.PluginCrashResponse{}), params: one,
			answer: func(ctx context.Context, in args) ([]byte, error) {
				r, err := a.cfg.Operator.PluginCrash(ctx, in["name"])
				if err != nil {
					return nil, err
				}
				return jsonl.Append(nil, r), nil
			},
		},
		{
			method: http.MethodGet, path: "/plugins/{name}/logs", scope: Read, summary: "What it logged lately, the newest last.",
			schema: messageOf(&adminv1.PluginLogsResponse{}), params: append([]param{{"tail", "How many lines at most.", integer(1, 1000, "200")}}, one...),
			answer: a.logs,
		},
		{
			method: http.MethodPost, path: "/plugins/{name}/resume", scope: Admin, summary: "Start it, when it waits in backoff, in quarantine or for an operator.",
			schema: messageOf(&adminv1.ResumePluginResponse{}), params: one,
			answer: func(_ context.Context, in args) ([]byte, error) {
				r, err := a.cfg.Operator.ResumePlugin(in["name"])
				if err != nil {
					return nil, err
				}
				return jsonl.Append(nil, r), nil
			},
		},
		{
			method: http.MethodPost, path: "/plugins/{name}/rollback", scope: Admin, summary: "Put the program back that the last upgrade replaced.",
			schema: messageOf(&adminv1.RollbackPluginResponse{}), params: one,
			answer: func(ctx context.Context, in args) ([]byte, error) {
				r, err := a.cfg.Operator.RollbackPlugin(ctx, in["name"])
				if err != nil {
					return nil, err
				}
				return jsonl.Append(nil, r), nil
			},
		},
	}
}

func (a *API) logs(ctx context.Context, in args) ([]byte, error) {
	out := &adminv1.PluginLogsResponse{}
	req := &adminv1.PluginLogsRequest{Instance: in["name"], Tail: uint32(in.number("tail"))}
	err := a.cfg.Operator.PluginLogs(ctx, req, func(r *adminv1.PluginLogsResponse) error {
		out.Lines = append(out.Lines, r.GetLines()...)
		out.Lost += r.GetLost()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return jsonl.Append(nil, out), nil
}

func (a *API) plugin(_ context.Context, in args) ([]byte, error) {
	for _, p := range a.cfg.Source.Status().GetPlugins() {
		if p.GetInstance() == in["name"] {
			return jsonl.Append(nil, p), nil
		}
	}
	return nil, problemf(http.StatusNotFound, "there is no monitor instance %s; %s/plugins lists them", in["name"], prefix)
}
