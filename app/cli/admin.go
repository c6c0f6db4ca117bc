package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"

	"github.com/marquee-events/marquee/app/config"
)

// askAdmin asks the process behind MARQUEE_ADMIN_ADDR, and reads some kilobytes of its answer.
func askAdmin(ctx context.Context, conf config.Config, method, path string) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+reachable(conf.AdminAddr)+path, nil)
	if err != nil {
		return 0, nil, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return 0, nil, fmt.Errorf("nothing runs behind %sADMIN_ADDR: %w", config.Prefix, err)
	}
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(answer.Body, 4<<10))
	return answer.StatusCode, body, err
}
