package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

func TestRolesMayDoNoMoreThanTheyNeed(t *testing.T) {
	url := database(t)
	for role, forbidden := range map[string][]string{
		service: {
			"DROP TABLE events", "TRUNCATE events", "CREATE TABLE more (id int)", "CREATE TEMPORARY TABLE more (id int)", "ALTER TABLE events ADD more int",
			"UPDATE schema_floor SET oldest = 9", "DELETE FROM goose_db_version", "CREATE EXTENSION dblink",
		},
		reader: {"INSERT INTO suspects VALUES ('m', 1, 1)", "UPDATE providers SET known = 9", "DELETE FROM events", "CREATE TABLE more (id int)"},
	} {
		for _, statement := range forbidden {
			err := try(as(t, url, role, ""), statement)
			var refused *pgconn.PgError
			if assert.ErrorAs(t, err, &refused, "%s: %s", role, statement) {
				assert.Equal(t, "42501", refused.Code, "%s: %s", role, statement)
			}
		}
	}
}

// Whoever administers a database that somebody else runs is no superuser.
func TestAnAdministratorWhoIsNoSuperuser(t *testing.T) {
	url := emptyDatabase(t, server.SharedPostgres(t))
	name := fmt.Sprintf("administrator_%d", rand.Uint64())
	execute(t, url, "CREATE ROLE "+name+" LOGIN CREATEROLE; ALTER DATABASE "+databaseOf(t, url)+" OWNER TO "+name+"; ALTER SCHEMA public OWNER TO "+name)
	t.Cleanup(func() {
		execute(t, url, "DROP OWNED BY "+name+" CASCADE; ALTER DATABASE "+databaseOf(t, url)+" OWNER TO postgres; DROP ROLE "+name)
	})
	prepare(t, as(t, url, name, ""))
	s := openAt(t, postgres.Options{URL: as(t, url, service, "")})
	_, err := newProvider(t, s).read(listing("a", "first"))
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// A process that only answers needs the role that only reads.
func TestTheReaderReads(t *testing.T) {
	url := database(t)
	p := newProvider(t, openAt(t, postgres.Options{URL: as(t, url, service, "")}))
	_, err := p.read(listing("a", "first"))
	require.NoError(t, err)

	s := openAt(t, postgres.Options{URL: as(t, url, reader, ""), ReadOnly: true, Listen: true})
	page, err := s.Search(t.Context(), catalogue.Query{Limit: 1, WantTotal: true})
	require.NoError(t, err)
	assert.Equal(t, 1, page.Total)
	_, err = s.Event(t.Context(), page.Events[0].ID, 1)
	require.NoError(t, err)
	_, err = s.Changes(t.Context(), catalogue.Version{}, 1)
	require.NoError(t, err)
	_, err = s.Feeds(t.Context())
	require.NoError(t, err)
	err = s.Unpark(t.Context(), "m")
	assert.Equal(t, fault.Conflict, fault.KindOf(err), "%v", err)
}
