package sqlstore_test

import (
	"testing"

	"fairlead/internal/store"
	"fairlead/internal/store/storetest"
	"fairlead/internal/store/storetest/engines"
)

func TestSuite(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) { storetest.Run(t, open) })
}
