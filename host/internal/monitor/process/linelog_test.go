package process

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

func newLineLog(level slog.Level) (*lineLog, *logBuffer) {
	buffer := &logBuffer{}
	handler := slog.NewTextHandler(buffer, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	return &lineLog{log: slog.New(handler), fallback: slog.LevelInfo, panics: &panicText{}}, buffer
}

func TestLines(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "hello\n", "level=INFO msg=hello\n"},
		{"prefix", "[WARN] hot\n[ERROR]: hotter\n[nothing] known\n", "level=WARN msg=hot\nlevel=ERROR msg=\": hotter\"\nlevel=INFO msg=\"[nothing] known\"\n"},
		{"hclog", `{"@level":"error","@message":"m","@module":"x","@timestamp":"2026","k":"v"}` + "\n", "level=ERROR msg=m k=v\n"},
		{"slog", `{"time":"2026","level":"WARN","msg":"m","n":3,"deep":{"a":[1]}}` + "\n", "level=WARN msg=m deep=\"{\\\"a\\\":[1]}\" n=3\n"},
		{"wrong types", `{"@message":1,"@level":{},"@timestamp":[]}` + "\n", "level=INFO msg=1\n"},
		{"nulls", `{"@message":null,"level":null}` + "\n", "level=INFO msg=\"\"\n"},
		{"broken json", "{\"a\":\n", "level=INFO msg=\"{\\\"a\\\":\"\n"},
		{"debug is off", `{"level":"debug","msg":"m"}` + "\n", ""},
		{"empty lines", "\n\r\n\n", ""},
		{"carriage return", "dos\r\n", "level=INFO msg=dos\n"},
		{"no end", "cut short", "level=INFO msg=\"cut short\"\n"},
		{"not text", "a\xff\xfeb\n", "level=INFO msg=a?b\n"},
		{"panic is kept", "before\npanic: no\n\ngoroutine 1 [running]:\n", "level=INFO msg=before\n"},
		{"no panic after all", "panic: said the log\n{\"msg\":\"alive\"}\n", "level=INFO msg=\"panic: said the log\"\nlevel=INFO msg=alive\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Byte by byte and at once must be the same.
			for _, size := range []int{1, 7, len(c.in)} {
				l, buffer := newLineLog(slog.LevelInfo)
				for rest := c.in; rest != ""; rest = rest[min(size, len(rest)):] {
					if _, err := l.Write([]byte(rest[:min(size, len(rest))])); err != nil {
						t.Fatal(err)
					}
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				if got := buffer.String(); got != c.want {
					t.Errorf("in pieces of %d: log is %q; want %q", size, got, c.want)
				}
			}
		})
	}
}

// A line that only looks like the beginning of a panic does not take what follows it from the log: a program that lives on and writes plain
// text had none.
func TestLinesAfterWhatIsNoPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, buffer := newLineLog(slog.LevelInfo)
		write := func(text string) {
			if _, err := l.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		write("runtime: 3 s\nmore\n")
		time.Sleep(2 * panicLasts)
		write("later\n")
		if got, want := buffer.String(), "level=INFO msg=\"runtime: 3 s\"\nlevel=INFO msg=more\nlevel=INFO msg=later\n"; got != want {
			t.Errorf("log is %q; want %q", got, want)
		}
		if text := l.panics.lines(); text != nil {
			t.Errorf("it counts as a panic: %q", text)
		}
		write("panic: in earnest\n")
		time.Sleep(panicLasts / 2)
		write("goroutine 1 [running]:\n")
		if text := l.panics.lines(); len(text) != 2 {
			t.Errorf("of a panic there is %q", text)
		}
	})
}

func TestLongLineIsCut(t *testing.T) {
	l, buffer := newLineLog(slog.LevelInfo)
	_, _ = l.Write([]byte(strings.Repeat("x", 1_000_000)))
	_, _ = l.Write([]byte("\nnext\n"))
	got := regexp.MustCompile("x{2,}").ReplaceAllStringFunc(buffer.String(), func(s string) string {
		if len(s) != maxLine {
			t.Errorf("%d bytes of the line were kept; want %d", len(s), maxLine)
		}
		return "X"
	})
	if want := "level=INFO msg=X cut=\"995904 bytes\"\nlevel=INFO msg=next\n"; got != want {
		t.Errorf("log is %q; want %q", got, want)
	}
}

func TestBucket(t *testing.T) {
	var b bucket
	now := time.Unix(1_800_000_000, 0)
	taken := 0
	for range 5000 {
		if b.take(now, lineRate, lineBurst) {
			taken++
		}
	}
	if taken != lineBurst {
		t.Errorf("%d at once; want %d", taken, lineBurst)
	}
	for range 10 * lineRate { // ten seconds at twice the rate
		now = now.Add(time.Second / (2 * lineRate))
		if b.take(now, lineRate, lineBurst) {
			taken++
		}
	}
	if got := taken - lineBurst; got < 995 || got > 1001 {
		t.Errorf("%d in five seconds; want %d", got, 5*lineRate)
	}
}

// The text of a panic goes into status, which must be text: a program may panic with any bytes.
func TestPanicTextIsText(t *testing.T) {
	var p panicText
	p.take([]byte("panic: \xff\xfe"), time.Now())
	if lines := p.lines(); len(lines) != 1 || !utf8.ValidString(lines[0]) {
		t.Errorf("%q", lines)
	}
}

func TestPanicTextIsBounded(t *testing.T) {
	var p panicText
	now := time.Now()
	p.take([]byte("fatal error: all goroutines are asleep"), now)
	for range 10_000 {
		if taken, _ := p.take([]byte("goroutine 7 [select]:"), now); !taken {
			t.Fatal("a stack line was not taken")
		}
	}
	if n := len(p.lines()); n != maxPanicLines {
		t.Errorf("%d lines are kept; want %d", n, maxPanicLines)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("{\"@message\":1}\npanic: x\n[WARN] y\n"))
	f.Add([]byte("{\"level\":[],\"msg\":{\"a\":null}}\n\x00\xff\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		l, buffer := newLineLog(slog.LevelDebug)
		if n, err := l.Write(in); n != len(in) || err != nil {
			t.Fatalf("Write gave %d, %v", n, err)
		}
		_ = l.Close()
		if lines := strings.Count(buffer.String(), "\n"); lines > strings.Count(string(in), "\n")+1 {
			t.Errorf("%d log lines from %q", lines, in)
		}
	})
}
