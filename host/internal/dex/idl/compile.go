package idl

import (
	"encoding/json"
	"strconv"
)

// compiler turns the types of one IDL into layouts.
type compiler struct {
	defs map[string]node        // "types" by name
	made map[string]*layoutType // those compiled, or being so
}

// maxDepth bounds how deep types may stand within each other in the IDL, by name or in place.
const maxDepth = 100

// definitions notes all of "types".
func (c *compiler) definitions(root node) error {
	list, err := root.list("types")
	if err != nil {
		return err
	}
	for _, n := range list {
		name, err := n.name()
		if err != nil {
			return err
		}
		if _, twice := c.defs[name]; twice {
			return n.wrong("type %q is defined twice", name)
		}
		c.defs[name] = n
	}
	return nil
}

// defined returns the layout of a defined type. at is where it is named.
func (c *compiler) defined(name string, at node, depth int) (*layoutType, error) {
	if t, ok := c.made[name]; ok {
		return t, nil
	}
	def, ok := c.defs[name]
	if !ok {
		return nil, at.wrong("type %q is not defined in types", name)
	}
	if generics, ok := def.get("generics"); ok {
		if list, err := generics.items(); err != nil || len(list) > 0 {
			return nil, generics.unsupported("type %q is generic, which cannot be decoded; write the type out with its arguments", name)
		}
	}
	if err := serialization(def); err != nil {
		return nil, err
	}
	body, ok := def.get("type")
	if !ok {
		return nil, def.wrong("type %q has no type", name)
	}
	t := &layoutType{}
	c.made[name] = t
	if err := c.body(t, body, depth); err != nil {
		delete(c.made, name)
		return nil, err
	}
	return t, nil
}

// serialization refuses layouts that are not plain fields one after another. A bytemuck type is: Pod forbids padding.
func serialization(def node) error {
	n, ok := def.get("serialization")
	if !ok {
		return nil
	}
	switch n.value {
	case "borsh", "bytemuck":
		return nil
	case "bytemuckunsafe":
		repr, _ := def.get("repr")
		if repr.flag("packed") {
			return nil
		}
		return n.unsupported("bytemuckunsafe may hold padding that the IDL does not tell of, which cannot be decoded")
	default:
		return n.unsupported("serialization %s is not known; borsh and bytemuck are", n.what())
	}
}

// body fills a layout from a definition's type: a struct, an enum or an alias.
func (c *compiler) body(t *layoutType, n node, depth int) error {
	if err := n.object(); err != nil {
		return err
	}
	kind, _ := n.get("kind")
	switch kind.value {
	case "struct":
		t.kind = kindStruct
		fields, err := c.fields(n, "fields", depth)
		t.fields = fields
		return err
	case "enum":
		t.kind = kindEnum
		return c.enum(t, n, depth)
	case "type", "alias":
		member := "alias"
		if kind.value == "alias" {
			member = "value"
		}
		alias, _ := n.get(member)
		of, err := c.typeOf(alias, depth+1)
		t.kind, t.elem = kindAlias, of // what it stands for may not be compiled yet
		return err
	default:
		return kind.wrong("is %s; want struct, enum or type", kind.what())
	}
}

func (c *compiler) enum(t *layoutType, n node, depth int) error {
	list, err := n.list("variants")
	if err != nil {
		return err
	}
	if len(list) == 0 || len(list) > 256 {
		return n.wrong("an enum has 1 to 256 variants, this one %d", len(list))
	}
	for _, v := range list {
		name, err := v.name()
		if err != nil {
			return err
		}
		fields, err := c.fields(v, "fields", depth)
		if err != nil {
			return err
		}
		t.variants = append(t.variants, variant{name: name, fields: fields})
	}
	return nil
}

// fields reads named fields ({name, type}) or those of a tuple (bare types), which are named by their place.
func (c *compiler) fields(n node, key string, depth int) ([]field, error) {
	list, err := n.list(key)
	if err != nil {
		return nil, err
	}
	out := make([]field, 0, len(list))
	for i, item := range list {
		f := field{name: strconv.Itoa(i)}
		of := item
		if member, named := item.get("type"); named {
			name, err := item.name()
			if err != nil {
				return nil, err
			}
			f.name, of = snake(name), member
		} else if _, named := item.get("name"); named {
			return nil, item.wrong("has no type")
		}
		if f.of, err = c.typeOf(of, depth+1); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// typeOf reads a type where one is used.
func (c *compiler) typeOf(n node, depth int) (*layoutType, error) {
	if depth > maxDepth {
		return nil, n.wrong("types are nested deeper than %d", maxDepth)
	}
	if name, ok := n.value.(string); ok {
		if t, ok := primitives[name]; ok {
			return &t, nil
		}
		return nil, n.wrong("type %q is not known", name)
	}
	object, ok := n.value.(map[string]any)
	if !ok {
		return nil, n.wrong("is %s, not a type", n.what())
	}
	if len(object) != 1 {
		return nil, n.wrong("a type object has one member, such as vec or defined; this one has %d", len(object))
	}
	for key := range object {
		member, _ := n.get(key)
		return c.compound(key, member, depth)
	}
	return nil, nil // not reached: there is one member
}

func (c *compiler) compound(key string, n node, depth int) (*layoutType, error) {
	var t layoutType
	var err error
	switch key {
	case "option", "coption", "vec":
		t.kind = map[string]kind{"option": kindOption, "coption": kindCOption, "vec": kindVec}[key]
		t.elem, err = c.typeOf(n, depth+1)
	case "array":
		t.kind = kindArray
		t.elem, t.count, err = c.array(n, depth)
	case "tuple":
		t.kind = kindStruct
		var items []node
		if items, err = n.items(); err != nil {
			break
		}
		for i, item := range items {
			of, err := c.typeOf(item, depth+1)
			if err != nil {
				return nil, err
			}
			t.fields = append(t.fields, field{name: strconv.Itoa(i), of: of})
		}
	case "defined":
		return c.reference(n, depth)
	case "generic":
		return nil, n.unsupported("a generic parameter cannot be decoded; write the type out with its arguments")
	default:
		return nil, n.wrong("type %q is not known", key)
	}
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// reference reads {"defined": "Name"} or {"defined": {"name": "Name"}}.
func (c *compiler) reference(n node, depth int) (*layoutType, error) {
	if name, ok := n.value.(string); ok {
		return c.defined(name, n, depth+1)
	}
	name, err := n.name()
	if err != nil {
		return nil, err
	}
	if generics, ok := n.get("generics"); ok {
		if list, err := generics.items(); err != nil || len(list) > 0 {
			return nil, generics.unsupported("type %q is used with generic arguments, which cannot be decoded; write it out", name)
		}
	}
	return c.defined(name, n, depth+1)
}

func (c *compiler) array(n node, depth int) (*layoutType, int, error) {
	pair, err := n.items()
	if err != nil {
		return nil, 0, err
	}
	if len(pair) != 2 {
		return nil, 0, n.wrong("an array is [type, length]")
	}
	of, err := c.typeOf(pair[0], depth+1)
	if err != nil {
		return nil, 0, err
	}
	if _, plain := pair[1].value.(json.Number); !plain {
		if _, generic := pair[1].get("generic"); generic {
			return nil, 0, pair[1].unsupported("a generic length cannot be decoded; write the number")
		}
	}
	count, err := pair[1].count(maxSize)
	return of, count, err
}
