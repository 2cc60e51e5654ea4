package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// configure fills config from JSON, over the defaults that are in it. Nothing that the author did not ask for passes.
func configure(config any, data []byte) error {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil
	}
	var given map[string]any
	if err := json.Unmarshal(data, &given); err != nil {
		return fmt.Errorf("configuration is not a JSON object: %w", err)
	}
	if config == nil {
		config = &struct{}{}
	}
	schema, err := schemaOf(config)
	if err != nil {
		return err
	}
	if err := checkKeys(schema, given, ""); err != nil {
		return err
	}
	if err := json.Unmarshal(data, config); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return fmt.Errorf("configuration key %q: cannot use a %s as %s", wrong.Field, wrong.Value, wrong.Type)
		}
		return fmt.Errorf("read configuration: %w", err)
	}
	return nil
}

// checkKeys finds keys that the schema does not have. encoding/json would take them in any case of letters, or drop them.
func checkKeys(s *schema, value any, path string) error {
	if s == nil {
		return nil
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			inner, err := s.key(key, path)
			if err != nil {
				return err
			}
			if err := checkKeys(inner, value[key], join(path, key)); err != nil {
				return err
			}
		}
	case []any:
		for i, item := range value {
			if err := checkKeys(s.Items, item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// key finds the schema of a key; nil where anything goes.
func (s *schema) key(key, path string) (*schema, error) {
	if s.Type != "object" {
		return nil, nil // what is wrong with it, decoding says
	}
	if s.values != nil {
		return s.values, nil
	}
	if inner := s.Properties[key]; inner != nil {
		return inner, nil
	}
	known := "none"
	if len(s.Properties) > 0 {
		known = strings.Join(slices.Sorted(maps.Keys(s.Properties)), ", ")
	}
	return nil, fmt.Errorf("unknown configuration key %q (known: %s)", join(path, key), known)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
