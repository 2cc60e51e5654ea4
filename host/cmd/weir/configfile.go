package main

import (
	"errors"
	"os"

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
	flags := map[string]any{}
	if f.DataDir != "" {
		flags["data_dir"] = f.DataDir
	}
	if f.Log != "" {
		flags["log.level"] = f.Log
	}
	return config.Load(f.path(), os.Environ(), flags)
}

// dataDir is what commands need that only talk to a running daemon: a file that is otherwise wrong does not stop them.
func (f configFlags) dataDir() (string, error) {
	if f.DataDir != "" {
		return f.DataDir, nil
	}
	cfg, err := f.load()
	var problems config.Problems
	switch {
	case err == nil:
		return cfg.DataDir, nil
	case errors.As(err, &problems):
		return config.DataDir(f.path(), os.Environ())
	default:
		return "", err
	}
}
