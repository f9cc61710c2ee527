package main

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/coder/coder/v2/codersdk"
)

// deployment is what every resource gets: a signed-in client and what the deployment allows.
type deployment struct {
	client       *codersdk.Client
	organization uuid.UUID
	features     map[codersdk.FeatureName]codersdk.Feature
}

type coderdProvider struct{}

func newProvider() provider.Provider { return coderdProvider{} }

func (coderdProvider) Metadata(_ context.Context, _ provider.MetadataRequest, response *provider.MetadataResponse) {
	response.TypeName = "coderd"
}

func (coderdProvider) Schema(_ context.Context, _ provider.SchemaRequest, response *provider.SchemaResponse) {
	response.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"url":                     schema.StringAttribute{Optional: true},
		"token":                   schema.StringAttribute{Optional: true},
		"default_organization_id": schema.StringAttribute{Optional: true},
		"headers":                 schema.MapAttribute{Optional: true, ElementType: types.StringType},
	}}
}

// Configure talks to the deployment, in plans too, as the real provider does: who the token belongs to and what is licensed.
func (coderdProvider) Configure(ctx context.Context, request provider.ConfigureRequest, response *provider.ConfigureResponse) {
	var config struct {
		URL          types.String `tfsdk:"url"`
		Token        types.String `tfsdk:"token"`
		Organization types.String `tfsdk:"default_organization_id"`
		Headers      types.Map    `tfsdk:"headers"`
	}
	response.Diagnostics.Append(request.Config.Get(ctx, &config)...)
	if response.Diagnostics.HasError() {
		return
	}
	address := orEnvironment(config.URL, "CODER_URL")
	token := orEnvironment(config.Token, "CODER_SESSION_TOKEN")
	if address == "" || token == "" {
		response.Diagnostics.AddError("url and token must be known", "Set both, or CODER_URL and CODER_SESSION_TOKEN.")
		return
	}
	parsed, err := url.Parse(withScheme(address))
	if err != nil {
		response.Diagnostics.AddError("url is no address", err.Error())
		return
	}
	client := codersdk.New(parsed, codersdk.WithSessionToken(token))
	if headers := headersOf(ctx, config.Headers, &response.Diagnostics); len(headers) > 0 {
		client.HTTPClient.Transport = &codersdk.HeaderTransport{Transport: http.DefaultTransport, Header: headers}
	}
	found, err := read(ctx, client, config.Organization.ValueString())
	if err != nil {
		response.Diagnostics.AddError("Coder at "+parsed.Redacted()+" cannot be used", err.Error())
		return
	}
	response.ResourceData = found
}

func (coderdProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{newTemplate, newUser}
}

func (coderdProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }

func read(ctx context.Context, client *codersdk.Client, organization string) (*deployment, error) {
	me, err := client.User(ctx, codersdk.Me)
	if err != nil {
		return nil, err
	}
	entitlements, err := client.Entitlements(ctx)
	if err != nil {
		return nil, err
	}
	found := &deployment{client: client, features: entitlements.Features}
	if organization != "" {
		found.organization, err = uuid.Parse(organization)
		return found, err
	}
	found.organization = me.OrganizationIDs[0]
	return found, nil
}

func headersOf(ctx context.Context, configured types.Map, diagnostics *diag.Diagnostics) http.Header {
	pairs := map[string]string{}
	if configured.IsNull() {
		for _, pair := range strings.Split(os.Getenv("CODER_HEADER"), ",") {
			if name, value, ok := strings.Cut(pair, "="); ok {
				pairs[name] = value
			}
		}
	} else {
		diagnostics.Append(configured.ElementsAs(ctx, &pairs, false)...)
	}
	headers := http.Header{}
	for name, value := range pairs {
		headers.Set(name, value)
	}
	return headers
}

func orEnvironment(configured types.String, variable string) string {
	if configured.IsNull() {
		return os.Getenv(variable)
	}
	return configured.ValueString()
}

func withScheme(address string) string {
	switch {
	case strings.Contains(address, "://"):
		return address
	case strings.HasPrefix(address, "localhost"):
		return "http://" + address
	default:
		return "https://" + address
	}
}

// given hands the provider's deployment to a resource; there is none while Terraform only validates.
func given(request resource.ConfigureRequest) *deployment {
	found, _ := request.ProviderData.(*deployment)
	return found
}
