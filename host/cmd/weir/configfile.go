package main

import (
	"os"

	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/config"
)

// configFlags name the configuration; run, check, events and status share them.
type configFlags struct {
	Config  string `short:"c" placeholder:"FILE" env:"WEIR_CONFIG" help:"Configuration file. Default: weir.yaml in this folder, when it is there."`
	DataDir string `placeholder:"DIR" help:"Folder of journal and admin socket. Overrides data_dir of the file."`
	Log     string `name:"log-level" placeholder:"LEVEL" help:"debug, info, warn or error. Overrides log.level of the file."`
}

// path returns the file to read, empty when none is named and none lies here.
func (f configFlags) path() string {
	if f.Config == "" {
		if _, err := os.Stat("weir.yaml"); err == nil {
			return "weir.yaml"
		}
	}
	return f.Config
}

func (f configFlags) load() (config.Config, error) {
	return config.Load(f.path(), os.Environ(), f.flags())
}

func (f configFlags) flags() map[string]any {
	flags := map[string]any{}
	if f.DataDir != "" {
		flags["data_dir"] = f.DataDir
	}
	if f.Log != "" {
		flags["log.level"] = f.Log
	}
	return flags
}

// dataDir is what commands need that only talk to a running daemon.
func (f configFlags) dataDir() (string, error) {
	if f.DataDir != "" {
		return f.DataDir, nil
	}
	data, _, err := f.folders()
	return data, err
}

// folders are those of data and of plugins. A file that is otherwise wrong does not matter.
func (f configFlags) folders() (data, plugins string, err error) {
	return config.Folders(f.path(), os.Environ(), f.flags())
}

// dial prepares a client for the daemon of the configuration, and names its folder for messages. Close the client.
func (f configFlags) dial() (dir string, client *admin.Client, err error) {
	if dir, err = f.dataDir(); err != nil {
		return "", nil, err
	}
	client, err = admin.Dial(dir)
	return dir, client, err
}
