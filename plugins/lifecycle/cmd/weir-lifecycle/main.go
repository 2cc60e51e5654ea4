// Command weir-lifecycle is the lifecycle monitor as a program for the Weir host to start.
package main

import (
	"github.com/weir-run/weir/plugins/lifecycle"
	"github.com/weir-run/weir/sdk"
)

func main() { sdk.Serve(lifecycle.New) }
