// Package httpapi is the public HTTP API.
//
// openapi.yaml comes first: models, the binding of parameters and the interface
// to implement are generated from it, and a test holds real answers against it.
// A handler parses, calls one use case and renders; whatever goes wrong on the
// way ends in one place, which decides on status, envelope and log line.
//
// A request passes, in this order: its identity, the net under panics, the
// headers of every answer, the rate limit of its client, the bounds on what is
// read of it, the route.
package httpapi

//go:generate go tool -modfile=../../tools/oapi-codegen/go.mod oapi-codegen --config oapi-codegen.yaml openapi.yaml
