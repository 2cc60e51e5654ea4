package lifecycle

import (
	_ "github.com/weir-run/weir/proto/gen/weir/event/v1"
	_ "github.com/weir-run/weir/sdk"
)
