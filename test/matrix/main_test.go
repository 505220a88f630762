package matrix_test

import (
	"testing"

	"karnak/internal/app/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }
