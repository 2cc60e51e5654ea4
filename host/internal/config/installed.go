package config

import "fmt"

// InstalledPlugin returns the settings of an installed plugin that no file names: an instance of its name with all defaults.
func InstalledPlugin(name, path string) (Plugin, error) {
	if !instanceName.MatchString(name) {
		return Plugin{}, fmt.Errorf("%q is not a name: use up to 32 lower case letters, digits and dashes", name)
	}
	c := Config{Plugins: []Plugin{{Name: name, Path: path}}}
	c.fill()
	return c.Plugins[0], nil
}
