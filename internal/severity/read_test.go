package severity

import (
	"errors"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

func TestReadScoresEveryVersion(t *testing.T) {
	for _, c := range []struct {
		vector, version string
		base, temp, env float64
		hasTemp, hasEnv bool
		metric, value   string
		score           float64
	}{
		{"AV:N/AC:L/Au:N/C:N/I:N/A:C", "2.0", 7.8, 7.8, 7.8, false, false, "Au", "N", 7.8},
		{"AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C", "2.0", 7.8, 6.4, 6.4, true, false, "RL", "OF", 6.4},
		{"AV:A/AC:L/Au:N/C:P/I:N/A:C/TD:N", "2.0", 6.8, 6.8, 0, false, true, "TD", "N", 0},
		{"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.0", 9.8, 9.8, 9.8, false, false, "S", "U", 9.8},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O/RC:C", "3.1", 9.8, 8.8, 8.8, true, false, "E", "P", 8.8},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/MC:N/MI:N/MA:N", "3.1", 9.8, 9.8, 0, false, true, "MC", "N", 0},
		{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "4.0", 9.3, 9.3, 9.3, false, false, "VC", "H", 9.3},
	} {
		r, err := Read(c.vector)
		if err != nil {
			t.Errorf("%s: %v", c.vector, err)
			continue
		}
		if r.Version != c.version || r.Base != c.base || r.Temporal != c.temp || r.Environmental != c.env ||
			r.HasTemporal != c.hasTemp || r.HasEnvironmental != c.hasEnv || r.Metric(c.metric) != c.value || r.Score() != c.score {
			t.Errorf("%s: %+v", c.vector, r)
		}
	}
}

func TestReadRefusesWhatIsNoVector(t *testing.T) {
	for _, vector := range []string{"", "9.8", "CVSS:5.0/AV:N", "CVSS:3.1/AV:N", "CVSS:3.0/AV:N/AC:L", "AV:N/AC:L", "AV:N/AC:L/Au:N/C:N/I:N/A:C/TD:N/TD:N", "AV:N/AC:L/Au:N/C:N/I:N/A:C/XX:N", "CVSS:4.0/AV:Q", strings.Repeat("A", 600)} {
		if _, err := Read(vector); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%.20s: %v", vector, err)
		}
	}
}
