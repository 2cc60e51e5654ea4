// Package sdk is what the author of a monitor imports: records of the chain come in, one at a time and in order, and outputs
// go out. A monitor is a function that returns a Monitor, and a main that calls Serve:
//
//	func main() { sdk.Serve(whales) }
//
// The host starts the program, feeds it, asks for its state now and then, and after a crash starts it again from the last
// state and sends every record after it once more. So a monitor needs no files, no locks and no duplicate checks, as long as
// its handlers depend on nothing but the record, Config and State. Clocks, random numbers and the order of Go maps are the
// three usual ways to break that; weirtest.Replays finds them.
package sdk
