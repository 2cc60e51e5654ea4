package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	koanfyaml "github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
)

// EnvPrefix begins the environment variables that set keys: WEIR_DATA_DIR sets data_dir, WEIR_LOG__LEVEL sets log.level (two
// underscores stand for the dot). Lists of endpoints and plugins come from the file.
const EnvPrefix = "WEIR_"

// reserved are variables with the prefix that are not keys.
var reserved = map[string]bool{"WEIR_CONFIG": true, "WEIR_DEBUG": true, "WEIR_SDK": true, "WEIR_CORPUS": true, "WEIR_SEED": true, "WEIR_BENCH_PROFILE": true}

// Load reads the file, then the environment, then flags (dotted key to value), each over the one before, and checks the whole.
// path may be empty: then only the environment and flags count. All problems found come back together as Problems.
func Load(path string, environ []string, flags map[string]any) (Config, error) {
	k := koanf.New(".")
	doc, err := readFile(path)
	if err != nil {
		return Config{}, err
	}
	problems := append(doc.unknownKeys(reflect.TypeFor[Config]()), unknownVariables(environ)...)
	if err := k.Load(rawbytes.Provider(doc.text), koanfyaml.Parser()); err != nil {
		return Config{}, fmt.Errorf("read %s: %w", path, err)
	}
	if err := k.Load(env.Provider(".", env.Opt{Prefix: EnvPrefix, EnvironFunc: func() []string { return environ }, TransformFunc: envKey}), nil); err != nil {
		return Config{}, fmt.Errorf("read environment: %w", err)
	}
	if err := k.Load(confmap.Provider(flags, "."), nil); err != nil {
		return Config{}, fmt.Errorf("read flags: %w", err)
	}
	if err := layAlertRules(k); err != nil {
		return Config{}, fmt.Errorf("read alerts.rules: %w", err)
	}
	cfg := Default()
	if err := decode(k, &cfg); err != nil {
		return Config{}, append(problems, doc.decodeProblems(err)...)
	}
	cfg.fill()
	problems = append(problems, doc.place(cfg.validate())...)
	if len(problems) > 0 {
		return Config{}, problems
	}
	return cfg, nil
}

// decode fills cfg; lists given by the file replace the default ones instead of being laid over them.
func decode(k *koanf.Koanf, cfg *Config) error {
	if k.Exists("programs") {
		cfg.Programs = nil
	}
	return k.UnmarshalWithConf("", cfg, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			mapstructure.StringToTimeDurationHookFunc(),
			mapstructure.TextUnmarshallerHookFunc(),
			mapstructure.StringToSliceHookFunc(","),
			mapstructure.DecodeHookFuncValue(refuseNegative),
		),
		WeaklyTypedInput: true,
		Result:           cfg,
		TagName:          "koanf",
	}})
}

// refuseNegative keeps a number below zero from becoming a huge one in a field without sign.
func refuseNegative(from, to reflect.Value) (any, error) {
	if from.CanInt() && from.Int() < 0 && to.CanUint() {
		return nil, errors.New("is negative")
	}
	return from.Interface(), nil
}

func envKey(name, value string) (string, any) {
	if reserved[name] {
		return "", nil
	}
	key := strings.ToLower(strings.TrimPrefix(name, EnvPrefix))
	return strings.ReplaceAll(key, "__", "."), value
}

func readFile(path string) (*document, error) {
	if path == "" {
		return &document{}, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, Problems{{File: path, Text: "does not exist: create it (README, section \"Connect to a provider\") or name another one with --config"}}
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return parseDocument(path, text)
}

// Folders reads only data_dir and plugins_dir, from a file that may be wrong otherwise, from the environment and from flags.
func Folders(path string, environ []string, flags map[string]any) (data, plugins string, err error) {
	k := koanf.New(".")
	doc, err := readFile(path)
	if err != nil {
		return "", "", err
	}
	if err := k.Load(rawbytes.Provider(doc.text), koanfyaml.Parser()); err != nil {
		return "", "", fmt.Errorf("read %s: %w", path, err)
	}
	if err := k.Load(env.Provider(".", env.Opt{Prefix: EnvPrefix, EnvironFunc: func() []string { return environ }, TransformFunc: envKey}), nil); err != nil {
		return "", "", fmt.Errorf("read environment: %w", err)
	}
	if err := k.Load(confmap.Provider(flags, "."), nil); err != nil {
		return "", "", fmt.Errorf("read flags: %w", err)
	}
	cfg := Default()
	orValue(&cfg.PluginsDir, k.String("plugins_dir"))
	if dir := k.String("data_dir"); dir != "" {
		cfg.DataDir = dir
	}
	cfg.fill()
	return cfg.DataDir, cfg.PluginsDir, nil
}
