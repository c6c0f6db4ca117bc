// Package snapshotfile keeps a snapshot of the catalogue in a file, from which a
// process starts when the database is away.
//
// The file is written beside the one that is there and takes its place when it is whole and on the disk, so what a
// killed process leaves behind is the old file or the new one. Processes may share it: they write one after another.
//
// What is read is not trusted. No length in the file is believed beyond a bound of some megabytes, an event
// is handed over only when the checksum of everything up to and including its block is right, and a file that is
// cut, damaged, of another format or of another catalogue counts as absent, with an error that says why.
package snapshotfile
