package sqlstore_test

import (
	"os"
	"testing"

	"fairlead/internal/store"
	"fairlead/internal/store/storetest"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestSuite(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) { storetest.Run(t, open) })
}
