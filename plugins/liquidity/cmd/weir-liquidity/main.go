// Command weir-liquidity is the liquidity monitor as a program for the Weir host to start.
package main

import (
	"github.com/weir-run/weir/plugins/liquidity"
	"github.com/weir-run/weir/sdk"
)

func main() { sdk.Serve(liquidity.New) }
