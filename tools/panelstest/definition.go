package panelstest

import (
	"encoding/json"
	"fmt"

	"github.com/marquee-events/marquee/observability/dashboards"
)

// panel is a panel in its place: its questions as the dashboard has them as data, and its looks as Grafana would read them.
type panel struct {
	dashboards.Panel
	look look
}

// look is what of a panel's JSON says how it looks.
type look struct {
	Type        string `json:"type"`
	FieldConfig struct {
		Defaults struct {
			Unit       string   `json:"unit"`
			Decimals   *int     `json:"decimals"`
			Min        *float64 `json:"min"`
			Max        *float64 `json:"max"`
			NoValue    string   `json:"noValue"`
			Thresholds struct {
				Steps []step `json:"steps"`
			} `json:"thresholds"`
			Mappings []struct {
				Options map[string]word `json:"options"`
			} `json:"mappings"`
			Custom struct {
				FillOpacity float64 `json:"fillOpacity"`
				Stacking    struct {
					Mode string `json:"mode"`
				} `json:"stacking"`
				ThresholdsStyle struct {
					Mode string `json:"mode"`
				} `json:"thresholdsStyle"`
			} `json:"custom"`
		} `json:"defaults"`
		Overrides []struct {
			Matcher struct {
				ID      string `json:"id"`
				Options string `json:"options"`
			} `json:"matcher"`
			Properties []struct {
				ID    string          `json:"id"`
				Value json.RawMessage `json:"value"`
			} `json:"properties"`
		} `json:"overrides"`
	} `json:"fieldConfig"`
	Options struct {
		ColorMode string `json:"colorMode"`
	} `json:"options"`
	Transformations []struct {
		Options struct {
			ExcludeByName map[string]bool `json:"excludeByName"`
		} `json:"options"`
	} `json:"transformations"`
}

// step is a colour that begins at a value; the first has no beginning.
type step struct {
	Value *float64 `json:"value"`
	Color string   `json:"color"`
}

// word is what is shown for a value.
type word struct {
	Text  string `json:"text"`
	Color string `json:"color"`
}

// define takes a dashboard apart.
func define(d dashboards.Dashboard) ([]panel, error) {
	text, err := d.JSON()
	if err != nil {
		return nil, err
	}
	var built struct {
		Panels []look `json:"panels"`
	}
	if err := json.Unmarshal(text, &built); err != nil {
		return nil, fmt.Errorf("read dashboard %s: %w", d.UID, err)
	}
	var all []panel
	for _, l := range built.Panels {
		if l.Type == "row" {
			continue
		}
		if len(all) == len(d.Panels) {
			return nil, fmt.Errorf("dashboard %s has more panels as JSON than as data", d.UID)
		}
		all = append(all, panel{d.Panels[len(all)], l})
	}
	return all, nil
}

// unit is that of the values.
func (p panel) unit() string { return p.look.FieldConfig.Defaults.Unit }

func (p panel) stacked() bool { return p.look.FieldConfig.Defaults.Custom.Stacking.Mode == "normal" }

// none is what stands where there is nothing.
func (p panel) none() string {
	if text := p.look.FieldConfig.Defaults.NoValue; text != "" {
		return text
	}
	return "No data"
}

// at is the colour of a value by the thresholds.
func (p panel) at(value float64) string {
	color := "blue"
	for _, s := range p.look.FieldConfig.Defaults.Thresholds.Steps {
		if s.Value == nil || value >= *s.Value {
			color = s.Color
		}
	}
	return paint(color)
}

// say is how a value is written, and its colour.
func (p panel) say(value float64) (text, color string) {
	d := p.look.FieldConfig.Defaults
	for _, m := range d.Mappings {
		if w, ok := m.Options[fmt.Sprintf("%g", value)]; ok {
			return w.Text, paint(w.Color)
		}
	}
	return format(value, d.Unit, d.Decimals), p.at(value)
}

// fixed is the colour that the panel gives to a series by its name.
func (p panel) fixed(legend string) (string, bool) {
	for _, o := range p.look.FieldConfig.Overrides {
		if o.Matcher.ID != "byName" || o.Matcher.Options != legend {
			continue
		}
		for _, property := range o.Properties {
			var color struct {
				FixedColor string `json:"fixedColor"`
			}
			if property.ID == "color" && json.Unmarshal(property.Value, &color) == nil {
				return paint(color.FixedColor), true
			}
		}
	}
	return "", false
}

// hides is whether a table leaves out a column.
func (p panel) hides(column string) bool {
	for _, t := range p.look.Transformations {
		if t.Options.ExcludeByName[column] {
			return true
		}
	}
	return false
}
