// Package memindex is a read model of the whole catalogue in memory: ports.ReadModel.
//
// What is held is a version: a base, which never changes, and beside it a delta, the few events that changed since the base was
// made. A change makes another delta and publishes another version through one pointer, so that who searches never waits
// and sees one version from beginning to end. When the delta has grown, a base is made of both in the background, and versions that
// nobody reads any more are garbage.
//
// A base is made of columns. Its rows stand in the order of start and ID; of the other orders there are permutations. A
// range of time is counted and its nth event found by a wavelet matrix in logarithmic time, whatever its width and however
// deep the page. Filters are compressed bitmaps, and words are looked up by the three-letter pieces that they consist of.
package memindex
