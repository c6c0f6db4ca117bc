package observability

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/marquee-events/marquee/core/fault"
)

// statusCanceled is counted when the client went away before there was an answer, as nginx does.
const statusCanceled = 499

var knownMethods = fixed(httpMethods...)

// codeTexts has a text for every status code that is registered.
var codeTexts = func() (texts [600]string) {
	for code := range texts {
		if http.StatusText(code) != "" || code == statusCanceled {
			texts[code] = strconv.Itoa(code)
		}
	}
	return texts
}()

func codeLabel(code int) string {
	if code >= 0 && code < len(codeTexts) && codeTexts[code] != "" {
		return codeTexts[code]
	}
	return other
}

// codeClass is the class of a label's code. A client that went away has 499, which is of its own making.
func codeClass(label string) string {
	if class := label[:1] + "xx"; knownClasses.label(class) != other {
		return class
	}
	return other
}

var knownClasses = fixed(codeClasses...)

// spanMethod is the method in the name of a span.
func spanMethod(label string) string {
	if label == other {
		return "HTTP"
	}
	return label
}

// attributeMethod is the method as an attribute, by the semantic conventions.
func attributeMethod(label string) string {
	if label == other {
		return "_OTHER"
	}
	return label
}

// kindOfStatus is what a provider's status code means to who asked.
func kindOfStatus(code int) fault.Kind {
	switch {
	case code < http.StatusBadRequest:
		return fault.None
	case code == http.StatusNotFound:
		return fault.NotFound
	case code == http.StatusGone:
		return fault.Gone
	case code == http.StatusConflict:
		return fault.Conflict
	case code >= http.StatusInternalServerError, slices.Contains([]int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests}, code):
		return fault.Unavailable
	}
	return fault.Invalid
}
