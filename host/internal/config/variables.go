package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// unknownVariables finds variables that look like keys and are none: WEIR_LOG_LEVEL, where WEIR_LOG__LEVEL is meant, and
// WEIR_LOG__LEVELS. Other variables with the prefix are let be: they may hold tokens, and Kubernetes sets some beside a service
// that is called weir.
func unknownVariables(environ []string) (out Problems) {
	keys, maps := settable("", reflect.TypeFor[Config]())
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		name, _, _ := strings.Cut(entry, "=")
		rest, ours := strings.CutPrefix(name, EnvPrefix)
		if !ours || reserved[name] {
			continue
		}
		key := strings.ReplaceAll(strings.ToLower(rest), "__", ".")
		if slices.Contains(keys, key) || slices.ContainsFunc(maps, func(m string) bool { return strings.HasPrefix(key, m+".") }) {
			continue
		}
		meant := slices.IndexFunc(keys, func(known string) bool { return strings.ReplaceAll(known, ".", "_") == key })
		switch {
		case meant >= 0:
			out = append(out, Problem{Key: name, Text: fmt.Sprintf("is no key: write %s%s", EnvPrefix, strings.ToUpper(strings.ReplaceAll(keys[meant], ".", "__")))})
		case strings.Contains(rest, "__"):
			out = append(out, Problem{Key: name, Text: "is no key: docs/operating.md lists them; lists and what is in them come from the file"})
		}
	}
	return out
}

// settable returns the dotted keys of t that one variable sets, and those of maps, below which any name may stand.
func settable(prefix string, t reflect.Type) (keys, maps []string) {
	for field := range t.Fields() {
		key := join(prefix, field.Tag.Get("koanf"))
		switch field.Type.Kind() {
		case reflect.Struct:
			below, mapsBelow := settable(key, field.Type)
			keys, maps = append(keys, below...), append(maps, mapsBelow...)
		case reflect.Map:
			maps = append(maps, key)
		default:
			keys = append(keys, key)
		}
	}
	return keys, maps
}
