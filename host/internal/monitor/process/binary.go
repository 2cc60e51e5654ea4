package process

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"
)

// StartError says why a path is not a running plugin.
type StartError struct {
	// Path of the program.
	Path string
	// Seen is what was found there, or what the program did.
	Seen string
	// Remedy is what its owner can do.
	Remedy string
}

// Error implements error.
func (e *StartError) Error() string { return fmt.Sprintf("plugin %s %s: %s", e.Path, e.Seen, e.Remedy) }

// program is an open executable file. What was hashed is what will run, whatever happens to the path meanwhile.
type program struct {
	file   *os.File
	path   string
	digest string // "sha256:" and hex
}

// openProgram opens, checks and hashes the file at path, unless its digest is known.
func openProgram(path string, known *Digests) (*program, error) {
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &StartError{path, "does not exist", "build it, or correct the plugin's path"}
	case errors.Is(err, fs.ErrPermission):
		return nil, &StartError{path, "may not be read by this user", "chmod it so that the host can read and run it"}
	case err != nil:
		return nil, &StartError{path, "cannot be opened (" + err.Error() + ")", "check the path"}
	}
	if err := checkProgram(file, path); err != nil {
		closeAll(file)
		return nil, err
	}
	if digest, ok := known.of(path, file); ok {
		return &program{file: file, path: path, digest: digest}, nil
	}
	began := time.Now()
	before, _ := identify(file)
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(file, 0, 1<<40)); err != nil {
		closeAll(file)
		return nil, &StartError{path, "cannot be read (" + err.Error() + ")", "check the disk"}
	}
	digest := "sha256:" + hex.EncodeToString(hash.Sum(nil))
	known.keep(path, file, before, began, digest)
	return &program{file: file, path: path, digest: digest}, nil
}

// Inspect looks at the file of a program without running it, and returns its digest: "sha256:" and hexadecimal. What is wrong with it is a
// *StartError.
func Inspect(path string) (digest string, err error) {
	p, err := openProgram(path, nil)
	if err != nil {
		return "", err
	}
	closeAll(p.file)
	return p.digest, nil
}

func checkProgram(file *os.File, path string) error {
	info, err := file.Stat()
	if err != nil {
		return &StartError{path, "cannot be looked at (" + err.Error() + ")", "check the path"}
	}
	if !info.Mode().IsRegular() {
		return &StartError{path, "is a " + kindOf(info.Mode()), "give the path of the program itself"}
	}
	if info.Mode()&0o111 == 0 {
		return &StartError{path, "is not executable", "chmod +x it if it is a plugin"}
	}
	head := make([]byte, 64)
	n, _ := file.ReadAt(head, 0)
	head = head[:n]
	if runtime.GOOS != "linux" || bytes.HasPrefix(head, []byte("#!")) {
		return nil
	}
	return checkELF(file, path, head)
}

func kindOf(mode fs.FileMode) string {
	if mode.IsDir() {
		return "folder"
	}
	return "special file (" + mode.Type().String() + ")"
}

// machines are the ELF names of the architectures that Go and Weir are built for.
var machines = map[string]elf.Machine{
	"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "386": elf.EM_386, "arm": elf.EM_ARM,
	"riscv64": elf.EM_RISCV, "ppc64le": elf.EM_PPC64, "s390x": elf.EM_S390, "loong64": elf.EM_LOONGARCH,
}

func checkELF(file *os.File, path string, head []byte) error {
	rebuild := "build it with GOOS=linux GOARCH=" + runtime.GOARCH
	switch {
	case bytes.HasPrefix(head, []byte("MZ")):
		return &StartError{path, "is a Windows program", rebuild}
	case bytes.HasPrefix(head, []byte{0xcf, 0xfa, 0xed, 0xfe}), bytes.HasPrefix(head, []byte{0xca, 0xfe, 0xba, 0xbe}):
		return &StartError{path, "is a macOS program", rebuild}
	case !bytes.HasPrefix(head, []byte(elf.ELFMAG)):
		first, _, _ := bytes.Cut(head, []byte("\n"))
		return &StartError{path, fmt.Sprintf("is not a program (it begins with %q)", first), "give the path of the plugin's binary"}
	}
	parsed, err := elf.NewFile(file)
	if err != nil {
		return &StartError{path, "is a damaged program (" + err.Error() + ")", "build or copy it again"}
	}
	if want, known := machines[runtime.GOARCH]; known && parsed.Machine != want {
		return &StartError{path, fmt.Sprintf("is a program for %s, and this host is %s", parsed.Machine, want), rebuild}
	}
	return nil
}
