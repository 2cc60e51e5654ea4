// Package shell is what the commands of weir share: what they read and write, which configuration and data folder they are about, and the
// way to a daemon that runs there.
package shell

import (
	"context"
	"errors"
	"os"

	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/config"
)

// Config names the configuration and the data folder, as flags of a command that embeds it.
type Config struct {
	Config  string `short:"c" placeholder:"FILE" env:"WEIR_CONFIG" help:"Configuration file. Default: weir.yaml in this folder, when it is there."`
	DataDir string `placeholder:"DIR" help:"Folder of journal and admin socket. Overrides data_dir of the file."`
	Log     string `name:"log-level" placeholder:"LEVEL" help:"debug, info, warn or error. Overrides log.level of the file."`
}

// Path returns the file to read, empty when none is named and none lies here.
func (f Config) Path() string {
	if f.Config == "" {
		if _, err := os.Stat("weir.yaml"); err == nil {
			return "weir.yaml"
		}
	}
	return f.Config
}

// Load reads file, environment and flags. Its error is config.Problems where the configuration is wrong.
func (f Config) Load() (config.Config, error) {
	return config.Load(f.Path(), os.Environ(), f.flags())
}

func (f Config) flags() map[string]any {
	flags := map[string]any{}
	if f.DataDir != "" {
		flags["data_dir"] = f.DataDir
	}
	if f.Log != "" {
		flags["log.level"] = f.Log
	}
	return flags
}

// Data is the data folder: all that a command needs which only talks to a running daemon.
func (f Config) Data() (string, error) {
	if f.DataDir != "" {
		return f.DataDir, nil
	}
	data, _, err := f.Folders()
	return data, err
}

// Folders are those of data and of plugins. A file that is otherwise wrong does not matter.
func (f Config) Folders() (data, plugins string, err error) {
	return config.Folders(f.Path(), os.Environ(), f.flags())
}

// Dial prepares a client for the daemon of the configuration, and names its folder for messages. Close the client.
func (f Config) Dial() (dir string, client *admin.Client, err error) {
	if dir, err = f.Data(); err != nil {
		return "", nil, err
	}
	client, err = admin.Dial(dir)
	return dir, client, err
}

// Ask calls the daemon of the configuration. An error of ask comes back in words.
func (f Config) Ask(ctx context.Context, ask func(context.Context, *admin.Client) error) (err error) {
	dir, client, err := f.Dial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	if err := ask(ctx, client); err != nil {
		return DaemonError(dir, err)
	}
	return nil
}
