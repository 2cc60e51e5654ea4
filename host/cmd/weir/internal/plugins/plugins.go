// Package plugins is weir plugin: what authors and operators of monitors do, one file each.
package plugins

import (
	"slices"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/daemon"
)

// Command is the group for authors and operators of plugins; each subcommand has a file.
type Command struct {
	New      newCommand      `cmd:"" help:"Make a new monitor: module, tests and Makefile, ready to build."`
	Dev      devCommand      `cmd:"" help:"Build and play a plugin again at each change, also one under a debugger."`
	Test     testCommand     `cmd:"" help:"Run the conformance kit against a plugin's program, whatever it is written in."`
	Pack     packCommand     `cmd:"" help:"Make one file of a plugin, for others to install."`
	Install  installCommand  `cmd:"" help:"Install a program, a folder with weir-plugin.yaml, or a packed plugin."`
	Remove   removeCommand   `cmd:"" help:"Remove an installed plugin; its state and events stay."`
	List     listCommand     `cmd:"" help:"List what is installed."`
	Info     infoCommand     `cmd:"" help:"Show what an installed plugin, or a program, says of itself."`
	Verify   verifyCommand   `cmd:"" help:"Check digests, platform and description of an installed plugin or a program."`
	Doctor   doctorCommand   `cmd:"" help:"Look at everything that plugins need, and say what to do about what is wrong."`
	Docs     docsCommand     `cmd:"" help:"Print a plugin's documentation as Markdown."`
	Replay   replayCommand   `cmd:"" help:"Feed a plugin records of the journal, a capture or a market, and print what it gives."`
	Logs     logsCommand     `cmd:"" help:"Show what a plugin of a running daemon logged."`
	State    stateCommand    `cmd:"" name:"checkpoint" help:"Take a plugin's state out, or put one in."`
	Resume   resumeCommand   `cmd:"" help:"Start a plugin that is quarantined or rejected, and forget its crashes."`
	Crash    crashCommand    `cmd:"" help:"Show the last crash of a plugin, and the records that it could not handle."`
	Upgrade  upgradeCommand  `cmd:"" help:"Put another version of a plugin in its place without a gap, when both give the same."`
	Rollback rollbackCommand `cmd:"" help:"Take the last upgrade of a plugin back."`
}

// pluginsFlags name the folder of plugins.
type pluginsFlags struct {
	shell.Config
	PluginsDir string `placeholder:"DIR" help:"Folder of installed plugins. Default: plugins_dir of the file, else plugins in the data folder."`
}

func (f pluginsFlags) dir() (string, error) {
	if f.PluginsDir != "" {
		return f.PluginsDir, nil
	}
	_, plugins, err := f.Folders()
	return plugins, err
}

// configured finds a plugin of the configuration by the name of its instance. Without a file there is none.
func (f pluginsFlags) configured(name string) (_ config.Plugin, found bool, err error) {
	if f.Path() == "" {
		return config.Plugin{}, false, nil
	}
	cfg, err := f.Load()
	if err != nil {
		return config.Plugin{}, false, err
	}
	if f.PluginsDir != "" {
		cfg.PluginsDir = f.PluginsDir
	}
	all, err := daemon.Installed(cfg)
	if err != nil {
		return config.Plugin{}, false, err
	}
	i := slices.IndexFunc(all, func(p config.Plugin) bool { return p.Name == name })
	if i < 0 {
		return config.Plugin{}, false, nil
	}
	all[i].Path, err = daemon.FindPlugin(all[i].Path)
	return all[i], true, err
}
