package panelstest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/tools/browsertest"
)

// shoot shows a body to a browser and takes a picture of it.
func shoot(t testing.TB, body string, width, height int64) []byte {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><head><title>A picture</title><link rel="icon" href="data:,"><style>body{margin:0;background:#f4f5f7}svg{display:block}</style></head><body>` + body + `</body></html>`))
	}))
	defer server.Close()
	tab := browsertest.Open(t, browsertest.Options{Width: width, Height: max(height, 50)})
	tab.Do(chromedp.Navigate(server.URL), chromedp.WaitVisible("body > *"))
	if height == 0 { // as high as it turned out to be
		height = int64(browsertest.Eval[float64](tab, "Math.ceil(document.body.firstElementChild.getBoundingClientRect().height)"))
		tab = browsertest.Open(t, browsertest.Options{Width: width, Height: height})
		tab.Do(chromedp.Navigate(server.URL), chromedp.WaitVisible("body > *"))
	}
	small, err := fewer(tab.Picture())
	require.NoError(t, err)
	return small
}

// fewer leaves the 256 most frequent colours of a picture, which has half the size and looks the same: the edges of letters have
// the others.
func fewer(picture []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	counts := map[color.RGBA]int{}
	size := full.Bounds()
	at := func(x, y int) color.RGBA {
		c, _ := color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)
		return c
	}
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	// Thin lines have their colours however few points they are.
	for _, c := range slices.Concat(series, slices.Collect(maps.Values(colors))) {
		var r color.RGBA
		if _, err := fmt.Sscanf(c, "#%02x%02x%02x", &r.R, &r.G, &r.B); err != nil {
			return nil, err
		}
		r.A = 255
		counts[r] += 1 << 30
	}
	frequent := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		frequent = append(frequent, c)
	}
	slices.SortFunc(frequent, func(a, b color.RGBA) int { return counts[b] - counts[a] })
	var palette color.Palette
	for _, c := range frequent[:min(len(frequent), 256)] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	indexed := image.NewPaletted(size, palette)
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			c := at(x, y)
			i, ok := nearest[c]
			if !ok {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			indexed.SetColorIndex(x, y, i)
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, indexed); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
