// Package wiring composes processes: which adapter stands behind which port, what
// is wrapped around it, and in which order things start and stop. It is the only
// place that knows fx and adapters at the same time; open.go is the page to read
// first.
package wiring
