package sqldb_test

import (
	"os"
	"testing"

	"github.com/weir-run/weir/host/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }
