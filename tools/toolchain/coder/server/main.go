// The Coder server for tests: the open-source part, which the Go module proxy has, with two things of the official build that clients
// cannot do without.
package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	_ "time/tzdata"

	"github.com/go-chi/chi/v5"

	"github.com/coder/coder/v2/cli"
	"github.com/coder/coder/v2/coderd"
	"github.com/coder/coder/v2/coderd/httpmw"
)

func main() {
	var root cli.RootCmd
	root.RunWithSubcommands(append(root.CoreSubcommands(), root.Server(newAPI)))
}

func newAPI(_ context.Context, options *coderd.Options) (*coderd.API, io.Closer, error) {
	if err := offerAgent(options.CacheDir); err != nil {
		return nil, nil, err
	}
	api := coderd.New(options)
	serveEntitlements(api, options)
	return api, api, nil
}

// The official build carries the agents for workspaces in itself and unpacks them into its cache. Here the one for this platform lies
// beside the server.
func offerAgent(cache string) error {
	server, err := os.Executable()
	if err != nil {
		return err
	}
	folder := filepath.Join(cache, "site", "bin")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	agent := filepath.Join(filepath.Dir(server), "coder-agent")
	err = os.Symlink(agent, filepath.Join(folder, "coder-"+runtime.GOOS+"-"+runtime.GOARCH))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// Without a licence the official build answers GET /api/v2/entitlements with every feature off. The open-source part holds just
// that, without the route; the coderd provider asks for it before anything else.
func serveEntitlements(api *coderd.API, options *coderd.Options) {
	signedIn := httpmw.ExtractAPIKeyMW(httpmw.ExtractAPIKeyConfig{
		DB:            options.Database,
		OAuth2Configs: &httpmw.OAuth2Configs{Github: options.GithubOAuth2Config, OIDC: options.OIDCConfig},
		Logger:        options.Logger,
	})
	api.APIHandler.Group(func(routes chi.Router) {
		routes.Use(signedIn)
		routes.Get("/entitlements", func(response http.ResponseWriter, _ *http.Request) {
			response.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = response.Write(options.Entitlements.AsJSON())
		})
	})
}
