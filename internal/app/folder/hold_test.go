package folder_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"fairlead/internal/app/folder"
)

// What a server that was killed left of its socket goes when the next one takes the
// folder; whatever else a file may name there stays.
func TestAKilledServersSocketIsForgotten(t *testing.T) {
	t.Setenv("RUNTIME_DIRECTORY", t.TempDir())
	for name, gone := range map[string]bool{"fairlead-123/operator": true, "else/operator": false, "fairlead-123/other": false} {
		data, socket := t.TempDir(), filepath.Join(t.TempDir(), name)
		left, err := json.Marshal(folder.Running{URL: "http://127.0.0.1:1", Socket: socket, PID: 1})
		if err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string][]byte{socket: nil, filepath.Join(data, "running.json"): left} {
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		hold, err := folder.Hold(data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := hold.Announce("http://127.0.0.1:2"); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Dir(socket)); os.IsNotExist(err) != gone {
			t.Errorf("%s: gone is %t", name, !gone)
		}
		if err := hold.Release(); err != nil {
			t.Fatal(err)
		}
	}
}
