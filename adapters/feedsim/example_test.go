package feedsim_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

// A month of daily history through the front door, and then on with the clock.
func Example() {
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	sim, err := feedsim.New(feedsim.Options{Seed: 1, Events: 200, Clock: func() time.Time { return now }})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(feedsim.Handler(sim))
	defer server.Close()
	fetch := func() (status int) {
		response, err := http.Get(server.URL + "/feed.xml")
		if err != nil {
			return 0
		}
		defer response.Body.Close()
		return response.StatusCode
	}

	for days := 30; days >= 1; days-- {
		sim.HoldAt(now.AddDate(0, 0, -days))
		fetch()
	}
	sim.FollowClock()
	fmt.Println(fetch())
	// Output: 200
}

// What does a client make of a provider that fails twice and then sends half a document?
func ExampleMoody() {
	sim, err := feedsim.New(feedsim.Options{Seed: 1, Events: 200})
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := feedsim.NewMoody(feedsim.Handler(sim), feedsim.MoodyOptions{})
	server := httptest.NewServer(provider)
	defer server.Close()
	fetch := func() {
		response, err := http.Get(server.URL + "/feed.xml")
		if err != nil {
			fmt.Println(err)
			return
		}
		defer response.Body.Close()
		_, err = io.ReadAll(response.Body)
		fmt.Println(response.StatusCode, err)
	}

	_ = provider.Misbehave(feedsim.ServerError, 2)
	fetch()
	fetch()
	_ = provider.Misbehave(feedsim.CutConnection, 1)
	fetch()
	fetch()
	// Output:
	// 500 <nil>
	// 500 <nil>
	// 200 unexpected EOF
	// 200 <nil>
}
