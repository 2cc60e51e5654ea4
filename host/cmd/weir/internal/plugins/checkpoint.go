package plugins

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/admin"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type stateCommand struct {
	Export exportCommand `cmd:"" help:"Write the newest checkpoint of a plugin to a file."`
	Import importCommand `cmd:"" help:"Have a plugin go on from a checkpoint in a file."`
}

// checkpointMagic begins a file: then come a line of JSON, which is the header and the sum of the rest, and the state.
const checkpointMagic = "weir checkpoint 1\n"

type checkpointLine struct {
	Header json.RawMessage `json:"header"`
	SHA256 string          `json:"sha256"`
}

type exportCommand struct {
	shell.Config
	Name   string `arg:"" help:"Name of the plugin in the configuration."`
	Output string `short:"o" placeholder:"FILE" help:"Where to write it. Default: NAME-NUMBER.checkpoint in this folder."`
}

// Help is shown below the flags.
func (exportCommand) Help() string {
	return "Asks the running daemon for the newest checkpoint, which is the plugin's state after a record, and writes it to a file: to look at it, to try a new version on it, or to go back to it with weir plugin checkpoint import. " +
		"The plugin runs on.\n\nExample:\n  weir plugin checkpoint export trading -o before.checkpoint"
}

// Run exports.
func (c exportCommand) Run(ctx context.Context, std shell.Streams) error {
	return c.Ask(ctx, func(ctx context.Context, client *admin.Client) error {
		stream, err := client.ExportCheckpoint(ctx, &adminv1.ExportCheckpointRequest{Instance: c.Name})
		if err != nil {
			return err
		}
		var header *adminv1.CheckpointHeader
		var state []byte
		for {
			part, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if part.GetHeader() != nil {
				header = part.GetHeader()
			}
			state = append(state, part.GetData()...)
		}
		return c.write(std, header, state)
	})
}

func (c exportCommand) write(std shell.Streams, header *adminv1.CheckpointHeader, state []byte) error {
	text, err := protojson.Marshal(header)
	if err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	sum := sha256.Sum256(state)
	line, err := json.Marshal(checkpointLine{Header: text, SHA256: hex.EncodeToString(sum[:])})
	if err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	path := c.Output
	if path == "" {
		path = fmt.Sprintf("%s-%d.checkpoint", c.Name, header.GetNumber())
	}
	data := append(append([]byte(checkpointMagic), append(line, '\n')...), state...)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	fmt.Fprintf(std.Out, "wrote %s: state of %s after record %d, version %d, %d bytes\n", path, header.GetMonitor(), header.GetNumber(), header.GetStateVersion(), len(state))
	return nil
}

type importCommand struct {
	shell.Config
	Name string `arg:"" help:"Name of the plugin in the configuration."`
	File string `arg:"" help:"A file of weir plugin checkpoint export."`
}

// Help is shown below the flags.
func (importCommand) Help() string {
	return "The running daemon drains the plugin, makes the state in the file its newest checkpoint, and starts it again: it goes on after that state's record and gets all later ones again. " +
		"Outputs that are stored already stay as they are and do not come twice; to have others, give the plugin another name in the configuration. " +
		"The file must be of the same monitor and the same journal, and of a state version that the program reads. A record that the journal does not have any more is told to the plugin as a gap.\n\n" +
		"Example:\n  weir plugin checkpoint import trading before.checkpoint"
}

// Run imports.
func (c importCommand) Run(ctx context.Context, std shell.Streams) error {
	header, state, err := readCheckpoint(c.File)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	return c.Ask(ctx, func(ctx context.Context, client *admin.Client) error {
		stream, err := client.ImportCheckpoint(ctx)
		if err != nil {
			return err
		}
		next := &adminv1.ImportCheckpointRequest{Instance: c.Name, Header: header}
		for sent := false; !sent || len(state) > 0; sent = true {
			n := min(len(state), 256<<10)
			next.Data, state = state[:n], state[n:]
			if err := stream.Send(next); err != nil {
				break // CloseAndRecv says why
			}
			next = &adminv1.ImportCheckpointRequest{}
		}
		done, err := stream.CloseAndRecv()
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "%s goes on after record %d; see weir status\n", c.Name, done.GetAfter())
		return nil
	})
}

// readCheckpoint reads a file and holds it against its sum.
func readCheckpoint(path string) (*adminv1.CheckpointHeader, []byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read checkpoint: %w", err)
	}
	defer func() { _ = file.Close() }()
	in := bufio.NewReader(file)
	magic := make([]byte, len(checkpointMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != checkpointMagic {
		return nil, nil, fmt.Errorf("%s is not a file of weir plugin checkpoint export", filepath.Base(path))
	}
	line, err := in.ReadBytes('\n')
	if err != nil {
		return nil, nil, fmt.Errorf("%s is cut off", path)
	}
	var l checkpointLine
	header := &adminv1.CheckpointHeader{}
	if err := errors.Join(json.Unmarshal(bytes.TrimSpace(line), &l), protojson.Unmarshal(l.Header, header)); err != nil {
		return nil, nil, fmt.Errorf("header of %s: %w", path, err)
	}
	state, err := io.ReadAll(in)
	if err != nil {
		return nil, nil, fmt.Errorf("read checkpoint: %w", err)
	}
	if sum := sha256.Sum256(state); hex.EncodeToString(sum[:]) != l.SHA256 {
		return nil, nil, fmt.Errorf("%s is damaged: its %d bytes of state are not those that were written", path, len(state))
	}
	return header, state, nil
}
