package feedsim

import "io"

// Provider is where a feed comes from. Implementations are safe for concurrent use.
type Provider interface {
	// Fetch moves the provider on, and returns what its feed says then.
	Fetch() (Document, error)
	// Current returns what the feed said last, and moves nothing. Before the first fetch it
	// is what the first fetch would say.
	Current() (Document, error)
}

// Document is one state of a feed. It does not change, may be written any number of times, and is safe for
// concurrent use.
type Document interface {
	// WriteTo streams the XML, uncompressed.
	io.WriterTo
	// ETag names the bytes that WriteTo writes: the same tag means the same bytes. It is what goes
	// between the quotes of a strong entity tag.
	ETag() string
}
