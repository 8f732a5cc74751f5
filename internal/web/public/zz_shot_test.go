package public_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// SHOTS lines: name|width|dark|url|[js to run, then wait]
func TestShot(t *testing.T) {
	list := os.Getenv("SHOTS")
	if list == "" {
		t.Skip()
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true))
	actx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	defer cancel()
	ctx, cancel2 := chromedp.NewContext(actx)
	defer cancel2()
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(list), "\n") {
		f := strings.Split(line, "|")
		width, _ := strconv.Atoi(f[1])
		scheme := "light"
		if f[2] == "dark" {
			scheme = "dark"
		}
		must := func(err error) {
			if err != nil {
				t.Fatal(f[0], err)
			}
		}
		must(chromedp.Do(ctx, chromedp.EmulateViewport(int64(width), 900)))
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		must(err)
		must(chromedp.Do(ctx, chromedp.Navigate(f[3])))
		for _, js := range f[4:] {
			if js != "" {
				must(chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](js), chromedp.Sleep(700*time.Millisecond)))
			}
		}
		sw, err := chromedp.Run(ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth"))
		must(err)
		b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		must(err)
		if sw > width {
			t.Logf("%s overflows: %d > %d", f[0], sw, width)
		}
		os.WriteFile("/tmp/shots/"+f[0]+".png", b, 0o600)
	}
}
