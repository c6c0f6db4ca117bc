// Package catalogue holds what crosses a port: the criteria of a search and its
// page, versions and changes, runs and what became of them, raw records and
// rejections. They are plain values without behaviour beyond their own validity.
package catalogue
