package ports

// EventStore is what an event store implements. Use cases ask for the part that they need.
type EventStore interface {
	Searcher
	EventReader
	ChangeReader
	Snapshotter
	Ingester
	Runs
	FeedReader
	RejectionReader
	Parking
	Leases
	RunReader
	Acceptance
	Unparking
	Reapplying
}
