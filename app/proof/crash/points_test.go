package crash

// point is a place in the life of a process at which its data changes hands.
type point string

const (
	starting point = "it starts"

	runBegun    point = "a run has begun, nothing is read"
	firstRecord point = "the feed is being read, nothing is published"
	renewed     point = "the fetch lease is renewed, in the middle of a reading"

	chunkOut          point = "a chunk is about to be published"
	chunkDurable      point = "the broker has a chunk, its fetcher does not know"
	completionOut     point = "all chunks are published, the completion is not"
	completionDurable point = "the broker has the completion, its fetcher does not know"

	chunkTaken     point = "a chunk is taken, its transaction has not begun"
	chunkDecided   point = "in the transaction of a chunk"
	chunkCommitted point = "a chunk is committed, its consumer does not know"
	chunkDone      point = "a chunk is done, and not acknowledged"

	completionTaken     point = "the completion is taken, its transaction has not begun"
	completionCommitted point = "the completion is committed, its consumer does not know"
	completionDone      point = "the completion is done, and not acknowledged"

	concluding point = "a conclusion is about to be tried"
	judged     point = "in the transaction of the conclusion, after the judgement"
	concluded  point = "the conclusion is committed, nobody knows"
	swept      point = "the sweeper has found a run to be concluded"
)

// points are in the order in which a run comes by.
var points = []point{
	starting, runBegun, firstRecord, renewed, chunkOut, chunkDurable, completionOut, completionDurable,
	chunkTaken, chunkDecided, chunkCommitted, chunkDone, completionTaken, completionCommitted, completionDone,
	concluding, judged, concluded, swept,
}

// kill is the death of a process: the nth time that it comes to a point.
type kill struct {
	Point point
	Nth   int
}

// blow is what hits the first reading of a snapshot that brings additions, changes, departures and returns. A second
// kill hits the process that was started after the first.
type blow struct {
	kills   []kill
	slow    bool // the provider pauses in the middle of its answer
	refused bool // the store refuses conclusions until then, so that they are left to the sweeper
	lingers bool // it takes a moment to die, in which the others go on and the broker notes who has what in hand
}

func at(p point, nth int) blow { return blow{kills: []kill{{p, nth}}} }

// histories is each a catalogue of its own, whose processes die by one blow after the other, a snapshot each. Those whose
// aftermath takes long (what a dead consumer had in hand comes again after 15 s, its run is given up after 10 s, the
// sweeper comes every 5 s) are spread, so that it is the same time that passes.
//
// Where the feed moves on as soon as a process is dead, what that one has read is there only in the broker, and
// comes after what is newer.
var histories = []struct {
	name    string
	movesOn bool
	blows   []blow
}{
	{name: "publishing", blows: []blow{
		{kills: []kill{{renewed, 1}}, slow: true},
		{kills: []kill{{firstRecord, 1}, {runBegun, 1}}},
		at(chunkOut, 2),
		at(chunkDurable, 2),
		at(completionOut, 1),
	}},
	{name: "completing", blows: []blow{
		at(completionDurable, 1),
		at(completionTaken, 1),
		at(completionCommitted, 1),
		at(completionDone, 1),
	}},
	{name: "applying", blows: []blow{
		{kills: []kill{{chunkTaken, 2}}, lingers: true},
		at(chunkDecided, 2),
		at(chunkCommitted, 2),
		at(chunkDone, 1),
		{kills: []kill{{chunkCommitted, 1}, {chunkTaken, 1}}},
	}},
	{name: "concluding", blows: []blow{
		{kills: []kill{{swept, 1}}, refused: true},
		at(judged, 1),
		at(concluding, 1),
		at(concluded, 1),
	}},
	{name: "moving on", movesOn: true, blows: []blow{
		{kills: []kill{{chunkTaken, 1}}, lingers: true},
		at(chunkDurable, 2),
		at(completionDurable, 1),
		{kills: []kill{{chunkCommitted, 2}}, lingers: true},
	}},
}
