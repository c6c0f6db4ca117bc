package catalogue_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/core/catalogue"
)

func TestAVersionReadsTheSameLengthOfTag(t *testing.T) {
	assert.Equal(t, "0-0000000000000000", catalogue.Version{}.String())
	assert.Equal(t, "42-00000000000000ff", catalogue.Version{Number: 42, Tag: 255}.String())
	assert.Equal(t, "7-ffffffffffffffff", catalogue.Version{Number: 7, Tag: 1<<64 - 1}.String())
}
