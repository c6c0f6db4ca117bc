// Package webpage is the page that people search in.
//
// It is a client of the API, in the same process: what a page shows is what a request to the API gives, and that request is shown
// beside it. It is whole without JavaScript; a script only spares the browser from loading everything anew.
package webpage
