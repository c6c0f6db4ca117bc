// Package jetstream is the broker over NATS JetStream: by default a server inside
// this process that listens on no port, or a cluster behind a nats:// address.
// Both are reached through a *nats.Conn, so the Broker cannot tell them apart.
//
// Messages wait in one stream with work-queue retention: an acknowledged message
// leaves it, so what the stream holds is the backlog. It is bounded and discards
// new messages, so a full broker refuses and loses nothing. All consumers pull from
// one durable consumer, which gives each message to one of them and leases it for
// as long as its handler runs.
package jetstream
