package main

// pluginCommand holds what concerns plugins. Each subcommand lies in a file of its own and has one line here.
type pluginCommand struct {
	Resume   pluginResumeCommand   `cmd:"" help:"Start a plugin that is quarantined or rejected, and forget its crashes."`
	Crash    pluginCrashCommand    `cmd:"" help:"Show the last crash of a plugin, and the records that it could not handle."`
	Upgrade  pluginUpgradeCommand  `cmd:"" help:"Put another version of a plugin in its place without a gap, when both give the same."`
	Rollback pluginRollbackCommand `cmd:"" help:"Take the last upgrade of a plugin back."`
}
