package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/knadh/koanf/v2"

	"github.com/weir-run/weir/host/internal/dex"
)

// Alerts say when an operator is told of something, and where.
type Alerts struct {
	// Rules change the default rules by their name; see AlertRules.
	Rules map[string]AlertRule `koanf:"rules"`
	// Webhooks get alerts by HTTP.
	Webhooks []Webhook `koanf:"webhooks"`
	// Events are what users want to be told of on the chain.
	Events []EventAlert `koanf:"events"`
	// Retention is how long an alert is kept, and tried at a webhook that is down. Default 7 days.
	Retention time.Duration `koanf:"retention"`
}

// AlertRule is when one rule fires. What a file leaves out stays as AlertRules has it.
type AlertRule struct {
	// Off switches the rule off.
	Off bool `koanf:"off"`
	// Severity is info, warning or critical.
	Severity string `koanf:"severity"`
	// For is how long the condition must last before it is told.
	For time.Duration `koanf:"for"`
	// Cooldown is the least time between two alerts of the same rule about the same subject.
	Cooldown time.Duration `koanf:"cooldown"`
	// Threshold is where the condition begins, in the unit of the rule; 0 for rules that have none.
	Threshold float64 `koanf:"threshold"`
}

// Webhook is one receiver of alerts.
type Webhook struct {
	// Name is how logs and status call it.
	Name string `koanf:"name"`
	// URL is http or https; it is often a secret, so URLEnv may name a variable that holds it. Exactly one of the two. Never logged.
	URL    string `koanf:"url"`
	URLEnv string `koanf:"url_env"`
	// Format is json, slack or discord. Default json.
	Format string `koanf:"format"`
	// SecretEnv names a variable with the key for signatures; empty sends none.
	SecretEnv string `koanf:"secret_env"`
	// Severity is the least that is sent: info, warning or critical. Default warning.
	Severity string `koanf:"severity"`
	// Rules, when not empty, are the only rules and entries of alerts.events that are sent.
	Rules []string `koanf:"rules"`
	// Timeout bounds one try. Default 5 s.
	Timeout time.Duration `koanf:"timeout"`
}

// EventAlert asks to be told of events of monitors.
type EventAlert struct {
	// Name is how the alert calls itself: lower case letters, digits and dashes, unique.
	Name string `koanf:"name"`
	// Kind of the event, for example trade: see docs/monitors.
	Kind string `koanf:"kind"`
	// Mint, when not empty, is the only token of interest.
	Mint string `koanf:"mint"`
	// Instance, when not empty, is the only monitor instance of interest.
	Instance string `koanf:"instance"`
	// Field of the event whose value must be at least AtLeast; empty takes every event of the kind.
	Field   string `koanf:"field"`
	AtLeast uint64 `koanf:"at_least"`
	// Severity is info, warning or critical. Default info.
	Severity string `koanf:"severity"`
	// Cooldown is the least time between two alerts of the same token. Default none.
	Cooldown time.Duration `koanf:"cooldown"`
}

// AlertRules returns the rules with their defaults, by name. What each means, with the unit of its threshold, is in docs/operating.md.
func AlertRules() map[string]AlertRule {
	return map[string]AlertRule{
		"no_stream":          {Severity: "critical", For: 10 * time.Second, Cooldown: time.Minute},
		"connection_lost":    {Severity: "warning", For: 5 * time.Second, Cooldown: time.Minute},
		"slow_recovery":      {Severity: "warning", Cooldown: 10 * time.Minute, Threshold: 5},
		"breaker_open":       {Severity: "warning", Cooldown: 5 * time.Minute},
		"budget_near_limit":  {Severity: "warning", Cooldown: 10 * time.Minute, Threshold: 0.8},
		"group_silent":       {Severity: "warning", For: 30 * time.Second, Cooldown: 10 * time.Minute},
		"stream_lag":         {Severity: "warning", For: 30 * time.Second, Cooldown: 10 * time.Minute, Threshold: 5},
		"parse_quality":      {Severity: "warning", Cooldown: 10 * time.Minute, Threshold: 0.001},
		"gap":                {Severity: "critical", Cooldown: time.Minute},
		"out_of_order":       {Severity: "warning", Cooldown: 10 * time.Minute},
		"plugin_crashed":     {Severity: "warning", Cooldown: time.Minute},
		"plugin_quarantined": {Severity: "critical", Cooldown: 10 * time.Minute},
		"plugin_behind":      {Severity: "warning", For: 30 * time.Second, Cooldown: 10 * time.Minute, Threshold: 10_000},
		"record_parked":      {Severity: "warning", Cooldown: time.Minute},
		"records_lost":       {Severity: "critical", Cooldown: time.Minute},
		"slow_output":        {Severity: "warning", For: time.Minute, Cooldown: 10 * time.Minute, Threshold: 1},
		"journal_trouble":    {Severity: "critical", Cooldown: time.Minute},
		"store_trouble":      {Severity: "critical", For: 10 * time.Second, Cooldown: 10 * time.Minute},
		"store_behind":       {Severity: "warning", For: 30 * time.Second, Cooldown: 10 * time.Minute, Threshold: 60},
		"store_missed":       {Severity: "critical", Cooldown: 10 * time.Minute},
		"disk_near_limit":    {Severity: "critical", For: 30 * time.Second, Cooldown: 30 * time.Minute, Threshold: 0.9},
		"memory_near_limit":  {Severity: "warning", For: 30 * time.Second, Cooldown: 10 * time.Minute, Threshold: 0.9},
	}
}

// layAlertRules lays what is said of a rule over its defaults, key by key: a 0 that is said is a 0.
func layAlertRules(k *koanf.Koanf) error {
	for name, base := range AlertRules() {
		rule := "alerts.rules." + name
		if !k.Exists(rule) {
			continue
		}
		for key, value := range map[string]any{"severity": base.Severity, "for": base.For, "cooldown": base.Cooldown, "threshold": base.Threshold} {
			if k.Exists(rule + "." + key) {
				continue
			}
			if err := k.Set(rule+"."+key, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// fillAlerts adds the rules of which nothing is said, and other defaults.
func (c *Config) fillAlerts() {
	a := &c.Alerts
	orValue(&a.Retention, 7*24*time.Hour)
	rules := AlertRules()
	maps.Copy(rules, a.Rules) // unknown names are refused later
	a.Rules = rules
	for i := range a.Webhooks {
		w := &a.Webhooks[i]
		orValue(&w.Format, "json")
		orValue(&w.Severity, "warning")
		orValue(&w.Timeout, 5*time.Second)
	}
	for i := range a.Events {
		orValue(&a.Events[i].Severity, "info")
	}
}

var severities = []string{"info", "warning", "critical"}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (c *Config) validateAlerts(bad func(key, format string, args ...any)) {
	known := AlertRules()
	for _, name := range slices.Sorted(maps.Keys(c.Alerts.Rules)) {
		rule, key := c.Alerts.Rules[name], "alerts.rules."+name
		if _, ok := known[name]; !ok {
			bad(key, "there is no such rule: use %s", list(slices.Sorted(maps.Keys(known))))
			continue
		}
		oneOf(bad, key+".severity", rule.Severity, severities...)
		if rule.For < 0 || rule.Cooldown < 0 || rule.Threshold < 0 {
			bad(key, "has a negative value")
		}
	}
	if c.Alerts.Retention < time.Minute {
		bad("alerts.retention", "%s is too short to reach a webhook that is down: use 1m or more", c.Alerts.Retention)
	}
	c.validateWebhooks(bad)
	c.validateEvents(bad)
}

func (c *Config) validateWebhooks(bad func(key, format string, args ...any)) {
	seen := map[string]bool{}
	for i, w := range c.Alerts.Webhooks {
		key := fmt.Sprintf("alerts.webhooks[%d]", i)
		if !instanceName.MatchString(w.Name) || seen[w.Name] {
			bad(key+".name", "%q: give each webhook a name of its own, up to 32 lower case letters, digits and dashes", w.Name)
		}
		seen[w.Name] = true
		if _, err := w.Address(); err != nil {
			bad(key, "%v", err)
		}
		if _, err := w.Secret(); err != nil {
			bad(key+".secret_env", "%v", err)
		}
		oneOf(bad, key+".format", w.Format, "json", "slack", "discord")
		oneOf(bad, key+".severity", w.Severity, severities...)
		if w.Timeout < 0 {
			bad(key+".timeout", "is negative")
		}
	}
}

func (c *Config) validateEvents(bad func(key, format string, args ...any)) {
	seen := map[string]bool{}
	for i, e := range c.Alerts.Events {
		key := fmt.Sprintf("alerts.events[%d]", i)
		if !instanceName.MatchString(e.Name) || seen[e.Name] {
			bad(key+".name", "%q: give each entry a name of its own, up to 32 lower case letters, digits and dashes", e.Name)
		}
		seen[e.Name] = true
		if !fieldName.MatchString(e.Kind) {
			bad(key+".kind", "%q is no kind of event: for example trade; weir plugin docs lists those of a monitor", e.Kind)
		}
		if e.Mint != "" {
			if _, err := dex.ParseKey(e.Mint); err != nil {
				bad(key+".mint", "%v", err)
			}
		}
		if e.Field == "" && e.AtLeast > 0 {
			bad(key+".field", "is missing: say which field must be at least %d", e.AtLeast)
		}
		oneOf(bad, key+".severity", e.Severity, severities...)
	}
}

// Address returns where to send. The error never holds the address, which is often a secret.
func (w *Webhook) Address() (string, error) {
	address := w.URL
	switch {
	case given(w.URL, w.URLEnv) != 1:
		return "", errors.New("give exactly one of url and url_env")
	case w.URLEnv != "":
		value, ok := os.LookupEnv(w.URLEnv)
		if !ok {
			return "", fmt.Errorf("url_env names %s, which is not set in the environment", w.URLEnv)
		}
		address = value
	}
	if u, err := url.Parse(address); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", errors.New("the address is not one of http:// or https://")
	}
	return address, nil
}

// Secret returns the key for signatures, nil when there is none.
func (w *Webhook) Secret() ([]byte, error) {
	if w.SecretEnv == "" {
		return nil, nil
	}
	value := os.Getenv(w.SecretEnv)
	if value == "" {
		return nil, fmt.Errorf("names %s, which is not set in the environment", w.SecretEnv)
	}
	return []byte(value), nil
}
