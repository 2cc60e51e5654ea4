package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// object is a part of the OpenAPI document.
type object = map[string]any

// schema describes an answer. It adds the parts that it needs to the components and returns how to name them.
type schema interface {
	describe(components object) object
}

// anything is a schema that says nothing.
type anything struct{}

func (anything) describe(object) object { return object{} }

// protoSchema describes a message as package jsonl prints it.
type protoSchema struct {
	descriptor protoreflect.MessageDescriptor
}

func messageOf(m proto.Message) schema { return protoSchema{m.ProtoReflect().Descriptor()} }

func (s protoSchema) describe(components object) object {
	name := strings.ReplaceAll(strings.TrimPrefix(string(s.descriptor.FullName()), "weir."), ".", "_")
	ref := object{"$ref": "#/components/schemas/" + name}
	if _, done := components[name]; done {
		return ref
	}
	properties := object{}
	components[name] = object{"type": "object", "properties": properties}
	fields := s.descriptor.Fields()
	for i := range fields.Len() {
		properties[string(fields.Get(i).Name())] = describeField(fields.Get(i), components)
	}
	return ref
}

func describeField(fd protoreflect.FieldDescriptor, components object) object {
	if fd.IsMap() {
		return object{"type": "object", "additionalProperties": describeValue(fd.MapValue(), components)}
	}
	if fd.IsList() {
		return object{"type": "array", "items": describeValue(fd, components)}
	}
	return describeValue(fd, components)
}

func describeValue(fd protoreflect.FieldDescriptor, components object) object {
	switch fd.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return protoSchema{fd.Message()}.describe(components)
	case protoreflect.BoolKind:
		return object{"type": "boolean"}
	case protoreflect.EnumKind:
		var words []string
		for i := range fd.Enum().Values().Len() {
			words = append(words, string(fd.Enum().Values().Get(i).Name()))
		}
		return object{"type": "string", "enum": words}
	case protoreflect.BytesKind:
		return object{"type": "string", "description": "base58"}
	case protoreflect.StringKind:
		return object{"type": "string"}
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return object{"type": "number"}
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return object{"type": "string", "description": "whole number in text, since it can pass 53 bits"}
	default:
		return object{"type": "integer"}
	}
}

// entrySchema describes an output with what entry adds.
type entrySchema struct{}

func (entrySchema) describe(components object) object {
	messageOf(&eventv1.Output{}).describe(components)
	output, _ := components["event_v1_Output"].(object)
	inner, _ := output["properties"].(object)
	properties := maps.Clone(inner)
	properties["id"] = object{"type": "string", "description": "position of its batch, and its place in that"}
	properties["instance"] = object{"type": "string", "description": "monitor instance"}
	components["Event"] = object{"type": "object", "properties": properties}
	return object{"$ref": "#/components/schemas/Event"}
}

// structSchema describes a Go struct as encoding/json prints it.
type structSchema struct{ t reflect.Type }

func structOf(v any) schema { return structSchema{reflect.TypeOf(v)} }

func (s structSchema) describe(components object) object { return describeType(s.t, components) }

func describeType(t reflect.Type, components object) object {
	switch t.Kind() {
	case reflect.Pointer:
		return describeType(t.Elem(), components)
	case reflect.Slice:
		return object{"type": "array", "items": describeType(t.Elem(), components)}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Struct:
		return describeStruct(t, components)
	default:
		return object{"type": "integer"}
	}
}

func describeStruct(t reflect.Type, components object) object {
	ref := object{"$ref": "#/components/schemas/" + t.Name()}
	if _, done := components[t.Name()]; done {
		return ref
	}
	properties := object{}
	components[t.Name()] = object{"type": "object", "properties": properties}
	for field := range t.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			properties[name] = describeType(field.Type, components)
		}
	}
	return ref
}

// pageSchema describes a list.
type pageSchema struct{ item schema }

func pageOf(item schema) schema { return pageSchema{item} }

func (s pageSchema) describe(components object) object {
	return object{"type": "object", "properties": object{
		"items": object{"type": "array", "items": s.item.describe(components)},
		"next":  object{"type": "string", "description": "where the next page begins; absent at the end"},
	}}
}

// eventsPage is a page of outputs, which says what it lacks.
type eventsPage struct{}

func (eventsPage) describe(components object) object {
	o := pageOf(entrySchema{}).describe(components)
	properties, _ := o["properties"].(object)
	properties["missed"] = object{
		"type":        "array",
		"description": "positions of batches, from and to inclusive, that were asked for and that retention took or that are damaged; absent when none",
		"items":       missedSchema,
	}
	return o
}

// missedSchema describes a missedRange.
var missedSchema = object{"type": "object", "properties": object{
	"from": object{"type": "string", "description": "first position that is gone"},
	"to":   object{"type": "string", "description": "last position that is gone"},
}}

// document makes the OpenAPI document from the routes.
func (a *API) document() ([]byte, error) {
	components, paths := object{}, object{}
	problemRef := structOf(problem{}).describe(components)
	for _, r := range a.routes {
		path, _ := paths[prefix+r.path].(object)
		if path == nil {
			path = object{}
			paths[prefix+r.path] = path
		}
		kind := "application/json"
		if r.stream != nil {
			kind = "text/event-stream"
		}
		path[strings.ToLower(r.method)] = object{
			"summary": r.summary, "parameters": describeParams(r), "security": []object{{"bearer": []string{string(r.scope)}}},
			"responses": object{
				"200":     object{"description": "the answer", "content": object{kind: object{"schema": r.schema.describe(components)}}},
				"default": object{"description": http.StatusText(http.StatusBadRequest) + " and others", "content": object{"application/problem+json": object{"schema": problemRef}}},
			},
		}
	}
	return json.Marshal(object{
		"openapi": "3.1.0", "info": object{"title": "Weir", "version": "v1", "description": "Amounts are raw units. A value that is not known is absent."},
		"paths": paths,
		"components": object{
			"schemas": components, "securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer", "description": "needed when http.tokens has entries"}},
		},
	})
}

func describeParams(r route) []object {
	out := []object{}
	for _, p := range r.params {
		where := "query"
		if strings.Contains(r.path, "{"+p.name+"}") {
			where = "path"
		}
		described := object{"name": p.name, "in": where, "required": where == "path" || p.check.needed, "description": p.about, "schema": p.check.describe()}
		if p.check.many {
			described["explode"] = false // once, with commas
		}
		out = append(out, described)
	}
	return out
}

func (c check) describe() object {
	if c.many {
		one := c
		one.many, one.initial = false, ""
		o := object{"type": "array", "items": one.describe(), "description": "by commas"}
		if c.initial != "" {
			o["default"] = strings.Split(c.initial, ",")
		}
		return o
	}
	o := object{"type": "string"}
	switch c.kind {
	case "integer":
		o["type"], o["minimum"] = "integer", c.lowest
		if c.highest > 0 {
			o["maximum"] = c.highest
		}
	case "boolean":
		o["type"] = "boolean"
	case "word":
		o["enum"] = slices.Clone(c.words)
	case "name":
		o["pattern"] = plainName.String()
	case "key":
		o["description"] = "address in base58"
	default:
		o["maxLength"] = c.highest
	}
	if c.initial != "" {
		o["default"] = c.initial
		if c.kind == "integer" {
			o["default"] = json.Number(c.initial)
		}
	}
	return o
}
