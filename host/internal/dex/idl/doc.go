// Package idl reads Anchor IDLs, in the form of Anchor 0.29 and in that of 0.30 and later, and decodes by them what a program is
// told, emits and stores: bytes come in, a ProgramEvent with named fields goes out. It serves programs that Weir has no decoder of
// its own for; the venues' decoders do not use it.
//
// Layouts are Borsh, field by field. Programs append fields over time, so data that ends between two fields of the outermost struct is
// an older layout and what follows the last field a newer one: both are said in the result and neither is an error. Data that ends
// within a field, or holds what no encoder writes, is.
package idl
