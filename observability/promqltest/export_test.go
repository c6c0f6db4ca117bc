package promqltest

// OfEveryProcess is for the test that holds it against a process.
var OfEveryProcess = ofEveryProcess
