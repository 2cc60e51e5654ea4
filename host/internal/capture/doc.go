// Package capture keeps a stream in a file: updates come in as they were received, and come out again with the time of receipt. A file
// says what it is, ends anywhere (a crash costs the last second), and what is damaged in it is skipped and told.
//
// Layout, integers little-endian, CRC-32 of Castagnoli:
//
//	"WEIRCAP\n"  u32 length of header  u32 CRC of header  header: JSON, see Header
//	then frames, each synced to disk when written:
//	"WCFR"  u32 length packed  u32 length plain  u32 updates  i64 receipt of the first, Unix ns  u32 CRC of the 24 bytes before it
//	u32 CRC of what follows  one zstd frame
//	a frame's plain content, for each update:
//	uvarint length  varint nanoseconds since the update before it (may be negative)  SubscribeUpdate as it came
package capture
