package jetstream

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// serverLog passes the server's log on, and remembers why the server gave up: it reports
// that to its logger only, and expects the logger to end the process.
type serverLog struct {
	logger *slog.Logger

	mu   sync.Mutex
	died error
}

func (l *serverLog) Noticef(format string, args ...any) { l.logger.Debug(fmt.Sprintf(format, args...)) }
func (l *serverLog) Debugf(format string, args ...any)  { l.logger.Debug(fmt.Sprintf(format, args...)) }
func (l *serverLog) Tracef(format string, args ...any)  { l.logger.Debug(fmt.Sprintf(format, args...)) }
func (l *serverLog) Warnf(format string, args ...any)   { l.logger.Warn(fmt.Sprintf(format, args...)) }
func (l *serverLog) Errorf(format string, args ...any)  { l.logger.Error(fmt.Sprintf(format, args...)) }

func (l *serverLog) Fatalf(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	l.logger.Error(message)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.died = errors.New(message)
}

func (l *serverLog) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.died
}

func orSilent(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
