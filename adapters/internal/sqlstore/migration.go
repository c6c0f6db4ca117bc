package sqlstore

// Migration is a step of the schema.
type Migration struct {
	Version int64
	Name    string
	Applied bool
}
