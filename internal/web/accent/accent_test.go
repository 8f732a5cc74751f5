package accent

import "testing"

func TestContrast(t *testing.T) {
	if c := Contrast(Colour{}, lightGround); c < 20.9 || c > 21.1 {
		t.Errorf("black on white is %.2f", c)
	}
}

// What could not be read is not used.
func TestCSS(t *testing.T) {
	for colour, used := range map[string]bool{"#ffee00": false, "red": false, "#12345": false, "": false, "#1d4f91": true, "#000000": true} {
		if got := CSS(colour) != nil; got != used {
			t.Errorf("%q: %v", colour, got)
		}
	}
}
