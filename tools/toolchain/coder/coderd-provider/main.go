// A stand-in for the Terraform provider coder/coderd, which cannot be built from the Go module proxy: the two resources that Sluice
// declares, with the real attributes, against a real Coder. Written from the provider's documentation; README.md says what that
// does not prove.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
)

func main() {
	// The address is only for debuggers: Terraform knows a provider by its place in the mirror.
	options := providerserver.ServeOpts{Address: "registry.terraform.io/coder/coderd"}
	if err := providerserver.Serve(context.Background(), newProvider, options); err != nil {
		log.Fatal(err)
	}
}
