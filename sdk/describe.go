package sdk

import (
	"context"
	"runtime/debug"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Describe implements pluginv1.ControlServer.
func (c *control) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	m := c.prototype
	schema, err := configSchema(m.Config)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "describe configuration: %v", err)
	}
	return &pluginv1.DescribeResponse{
		Name: m.Name, Version: m.Version, Sdk: "weir-go " + sdkVersion(),
		Kinds: m.kinds(), Venues: m.Venues, Outputs: m.Emits, ConfigSchema: schema,
		StateWrites: m.StateVersion, StateReadsMin: m.StateReadsMin, Determinism: m.Determinism,
		Capabilities: m.capabilities(),
	}, nil
}

// capabilities lists the optional abilities that the contract has names for.
func (m Monitor) capabilities() []string {
	if _, ok := m.State.(Divided); ok {
		return []string{"delta-state"}
	}
	return nil
}

// sdkVersion is the version of this module in the program, "devel" in a workspace.
func sdkVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	for _, dep := range append(info.Deps, &info.Main) {
		if dep.Path == "github.com/weir-run/weir/sdk" && dep.Version != "" {
			return dep.Version
		}
	}
	return "devel"
}
