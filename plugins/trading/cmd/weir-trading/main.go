// Command weir-trading is the trading monitor as a program for the Weir host to start.
package main

import (
	"github.com/weir-run/weir/plugins/trading"
	"github.com/weir-run/weir/sdk"
)

func main() { sdk.Serve(trading.New) }
