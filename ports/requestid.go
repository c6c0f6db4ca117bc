package ports

import "context"

type requestIDKey struct{}

// WithRequestID returns a context that carries the identity of the request that is being answered, for
// whoever logs on its behalf.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is the identity that WithRequestID put into the context, empty where nobody did.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
