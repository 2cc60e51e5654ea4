// Package geyser speaks Yellowstone gRPC with one endpoint. A Stream goes in as an endpoint and a request and comes out as updates:
// the bytes that were received, untouched. A View reads those bytes in place, without reflection and without copying.
package geyser
