// Package browsertest shows pages to a real browser, headless, as the people who use them have it: with and without
// JavaScript, light and dark, wide and narrow.
//
// A page must not complain: an error on its console, what its Content-Security-Policy forbids and an exception that nobody caught
// fail the test, unless that expects them.
package browsertest
