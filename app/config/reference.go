package config

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
)

// Variable is a line of the reference.
type Variable struct {
	Name    string
	Default string
	Doc     string
	Value   string // what is in force, without secrets
	Set     bool   // in the environment, otherwise it is the default
}

// Variables are all variables in the order of Config, with what is in force in c and whether it is from
// the environment that c was loaded from.
func (c Config) Variables(environ []string) []Variable {
	set := present(environ)
	var list []Variable
	for field, value := range reflect.ValueOf(c).Fields() {
		shown := fmt.Sprint(value.Interface())
		switch field.Tag.Get("secret") {
		case "url":
			shown = withoutSecrets(shown)
		case "urls":
			all := strings.Split(shown, ",")
			for i := range all {
				all[i] = withoutSecrets(strings.TrimSpace(all[i]))
			}
			shown = strings.Join(all, ",")
		}
		_, given := set[variable(field)]
		list = append(list, Variable{
			Name: variable(field), Default: field.Tag.Get("envDefault"), Doc: field.Tag.Get("doc"), Value: shown, Set: given,
		})
	}
	return list
}

// withoutSecrets hides what providers expect their keys in: the password, or the user where there is none, and
// the query.
func withoutSecrets(raw string) string {
	const hidden = "hidden"
	u, err := url.Parse(raw)
	if err != nil {
		return "(" + hidden + ")"
	}
	if u.User != nil {
		if _, has := u.User.Password(); has {
			u.User = url.UserPassword(u.User.Username(), hidden)
		} else {
			u.User = url.User(hidden)
		}
	}
	if u.RawQuery != "" {
		u.RawQuery = hidden
	}
	return u.String()
}

func variable(field reflect.StructField) string { return Prefix + field.Tag.Get("env") }

func names() []string {
	var list []string
	for field := range reflect.TypeFor[Config]().Fields() {
		list = append(list, variable(field))
	}
	return list
}
