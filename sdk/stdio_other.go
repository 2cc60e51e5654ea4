//go:build !unix

package sdk

import "errors"

func redirectStdout() (*stdio, error) {
	return nil, errors.New("monitors run on Linux and other Unix systems only")
}
