// Package reference holds what is written about watching the service against the code: the generated pages of
// metrics and burn rates, the runbook, and whatever names a metric, a dashboard or a page. All of it is tests.
//
//	go test ./observability/reference -run Current -update
//
// writes the generated parts of docs/operations anew.
package reference
