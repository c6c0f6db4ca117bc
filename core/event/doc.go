// Package event is what Marquee is about: an event as a provider sells it, its
// zones, its exact prices, and its times both as the wall clock shows them and
// as instants.
//
// Everything here is a value: it validates itself, compares with ==, and needs
// neither a database nor a clock.
package event
