package sdk

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
)

// schema is the part of JSON Schema that a Go struct can say.
type schema struct {
	Schema      string             `json:"$schema,omitempty"`
	Type        string             `json:"type,omitempty"`
	Description string             `json:"description,omitempty"`
	Default     any                `json:"default,omitempty"`
	Minimum     *int               `json:"minimum,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	// Additional is false for structs and the values' schema for maps.
	Additional any `json:"additionalProperties,omitempty"`

	values *schema // of a map
}

// configSchema is the JSON Schema of a Config with its defaults, empty for nil.
func configSchema(config any) (string, error) {
	if config == nil {
		return "", nil
	}
	s, err := schemaOf(config)
	if err != nil {
		return "", err
	}
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	text, err := json.Marshal(s)
	return string(text), err
}

// schemaOf derives the schema of what config points to.
func schemaOf(config any) (*schema, error) {
	return structSchema(reflect.ValueOf(config).Elem(), "")
}

func structSchema(v reflect.Value, path string) (*schema, error) {
	s := &schema{Type: "object", Properties: map[string]*schema{}, Additional: false}
	for field := range v.Type().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" {
			continue
		}
		value := v.FieldByIndex(field.Index)
		if field.Anonymous && name == "" && value.Kind() == reflect.Struct {
			inner, err := structSchema(value, path)
			if err != nil {
				return nil, err
			}
			maps.Copy(s.Properties, inner.Properties)
			continue
		}
		if name == "" {
			name = field.Name
		}
		property, err := valueSchema(value, join(path, name))
		if err != nil {
			return nil, err
		}
		property.Description = field.Tag.Get("doc")
		s.Properties[name] = property
	}
	return s, nil
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// valueSchema looks at a value rather than a type, as the value is the default.
func valueSchema(v reflect.Value, path string) (*schema, error) {
	s, err := typeSchema(v, path)
	if err != nil {
		return nil, err
	}
	if s.Type != "object" && !v.IsZero() {
		s.Default = v.Interface()
	}
	return s, nil
}

func typeSchema(v reflect.Value, path string) (*schema, error) {
	t := v.Type()
	if reflect.PointerTo(t).Implements(textUnmarshaler) {
		return &schema{Type: "string"}, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return &schema{Type: "boolean"}, nil
	case reflect.String:
		return &schema{Type: "string"}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &schema{Type: "integer"}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &schema{Type: "integer", Minimum: new(int)}, nil
	case reflect.Float32, reflect.Float64:
		return &schema{Type: "number"}, nil
	case reflect.Pointer:
		return typeSchema(reflect.New(t.Elem()).Elem(), path)
	case reflect.Struct:
		return structSchema(v, path)
	case reflect.Slice, reflect.Array:
		items, err := typeSchema(reflect.New(t.Elem()).Elem(), path+"[]")
		return &schema{Type: "array", Items: items}, err
	case reflect.Map:
		values, err := typeSchema(reflect.New(t.Elem()).Elem(), path+"{}")
		return &schema{Type: "object", Additional: values, values: values}, err
	default:
		return nil, fmt.Errorf("Monitor.Config: key %q is a %s, which JSON cannot carry", path, t)
	}
}
