package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// comparer notes what a client of the old contract would miss in the new one.
type comparer struct {
	old, now *ast.Schema
	today    time.Time
	found    []finding
}

// breaking compares two contracts. What was deprecated and is past its @sunset may be gone. A nil old contract breaks nowhere.
func breaking(old, now *ast.Schema, today time.Time) []finding {
	if old == nil {
		return nil
	}
	c := &comparer{old: old, now: now, today: today}
	for _, name := range slices.Sorted(maps.Keys(old.Directives)) {
		c.directive(old.Directives[name], now.Directives[name])
	}
	for _, name := range slices.Sorted(maps.Keys(old.Types)) {
		if d := old.Types[name]; !d.BuiltIn {
			c.definition(d, now.Types[name])
		}
	}
	return c.found
}

func (c *comparer) add(where, format string, args ...any) {
	c.found = append(c.found, finding{where, 0, fmt.Sprintf(format, args...)})
}

// gone notes a removal, unless it was announced and is due.
func (c *comparer) gone(where, what string, ds ast.DirectiveList) {
	if day, ok := sunsetDay(ds); ok {
		if !c.today.Before(day) {
			return
		}
		c.add(where, "%s was removed before its @sunset on %s", what, day.Format(time.DateOnly))
		return
	}
	c.add(where, "%s was removed; deprecate it with a @sunset first", what)
}

func (c *comparer) directive(old, now *ast.DirectiveDefinition) {
	where := "@" + old.Name
	if now == nil {
		c.add(where, "the directive was removed")
		return
	}
	for _, l := range old.Locations {
		if !slices.Contains(now.Locations, l) {
			c.add(where, "the directive may no longer stand on %s", l)
		}
	}
	c.arguments(where, old.Arguments, now.Arguments)
}

func (c *comparer) definition(old, now *ast.Definition) {
	if now == nil {
		c.add(old.Name, "the type was removed")
		return
	}
	if old.Kind != now.Kind {
		c.add(old.Name, "the type was %s and is %s", old.Kind, now.Kind)
		return
	}
	for _, i := range old.Interfaces {
		if !slices.Contains(now.Interfaces, i) {
			c.add(old.Name, "the type no longer implements %s", i)
		}
	}
	for _, m := range old.Types {
		if !slices.Contains(now.Types, m) {
			c.add(old.Name, "the union lost its member %s", m)
		}
	}
	for _, v := range old.EnumValues {
		if now.EnumValues.ForName(v.Name) == nil {
			c.gone(old.Name+"."+v.Name, "the enum value", v.Directives)
		}
	}
	if old.Kind == ast.InputObject {
		c.inputs(old, now)
		return
	}
	c.outputs(old, now)
}

func (c *comparer) outputs(old, now *ast.Definition) {
	for _, f := range old.Fields {
		where := old.Name + "." + f.Name
		n := now.Fields.ForName(f.Name)
		if n == nil {
			c.gone(where, "the field", f.Directives)
			continue
		}
		if !outputFits(f.Type, n.Type) {
			c.add(where, "the field was %s and is %s", f.Type, n.Type)
		}
		c.arguments(where, f.Arguments, n.Arguments)
	}
}

func (c *comparer) inputs(old, now *ast.Definition) {
	for _, f := range old.Fields {
		where := old.Name + "." + f.Name
		n := now.Fields.ForName(f.Name)
		if n == nil {
			c.gone(where, "the input field", f.Directives)
			continue
		}
		c.input(where, f.Type, n.Type, f.DefaultValue, n.DefaultValue)
	}
	for _, n := range now.Fields {
		if old.Fields.ForName(n.Name) == nil && n.Type.NonNull && n.DefaultValue == nil {
			c.add(old.Name+"."+n.Name, "a required input field was added")
		}
	}
}

func (c *comparer) arguments(of string, old, now ast.ArgumentDefinitionList) {
	for _, a := range old {
		where := fmt.Sprintf("%s(%s:)", of, a.Name)
		n := now.ForName(a.Name)
		if n == nil {
			c.gone(where, "the argument", a.Directives)
			continue
		}
		c.input(where, a.Type, n.Type, a.DefaultValue, n.DefaultValue)
	}
	for _, n := range now {
		if old.ForName(n.Name) == nil && n.Type.NonNull && n.DefaultValue == nil {
			c.add(fmt.Sprintf("%s(%s:)", of, n.Name), "a required argument was added")
		}
	}
}

// input compares what a client may give: a type may take more than before, and a default may not change under a client.
func (c *comparer) input(where string, old, now *ast.Type, oldDefault, nowDefault *ast.Value) {
	if !inputFits(old, now) {
		c.add(where, "it was %s and is %s", old, now)
		return
	}
	if oldDefault != nil && text(oldDefault) != text(nowDefault) {
		c.add(where, "the default was %s and is %s", text(oldDefault), text(nowDefault))
	}
}

func text(v *ast.Value) string {
	if v == nil {
		return "none"
	}
	return strings.TrimSpace(v.String())
}

// outputFits reports whether a client that reads old can read now: non-null where there was null is fine.
func outputFits(old, now *ast.Type) bool {
	if old.NonNull && !now.NonNull {
		return false
	}
	return sameShape(old, now, outputFits)
}

// inputFits reports whether what was given for old is taken by now: null where there was non-null is fine.
func inputFits(old, now *ast.Type) bool {
	if now.NonNull && !old.NonNull {
		return false
	}
	return sameShape(old, now, inputFits)
}

func sameShape(old, now *ast.Type, fits func(old, now *ast.Type) bool) bool {
	switch {
	case (old.Elem == nil) != (now.Elem == nil):
		return false
	case old.Elem != nil:
		return fits(old.Elem, now.Elem)
	}
	return old.NamedType == now.NamedType
}
