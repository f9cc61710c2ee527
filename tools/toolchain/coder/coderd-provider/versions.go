package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cdr.dev/slog/v3"
	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/coder/coder/v2/codersdk"
	"github.com/coder/coder/v2/provisionersdk"
)

// version is one element of a template's `versions`.
type version struct {
	ID            types.String `tfsdk:"id"`
	Name          types.String `tfsdk:"name"`
	Message       types.String `tfsdk:"message"`
	Directory     types.String `tfsdk:"directory"`
	DirectoryHash types.String `tfsdk:"directory_hash"`
	Active        types.Bool   `tfsdk:"active"`
	Variables     types.Set    `tfsdk:"tf_vars"`
	Tags          types.Set    `tfsdk:"provisioner_tags"`
}

// planVersions keeps the id, and the name where none is given, of a version whose content, variables and tags are those of the state;
// of any other both are not known until it is pushed.
func planVersions(ctx context.Context, config, plan, state types.List, diagnostics *diag.Diagnostics) types.List {
	given, planned, known := versionsOf(ctx, config, diagnostics), versionsOf(ctx, plan, diagnostics), versionsOf(ctx, state, diagnostics)
	active := 0
	for i := range planned {
		entry := &planned[i]
		if entry.Active.ValueBool() {
			active++
		}
		entry.DirectoryHash = types.StringUnknown()
		if !entry.Directory.IsUnknown() {
			hash, err := hashOf(entry.Directory.ValueString())
			if err != nil {
				diagnostics.AddError("the template's directory cannot be read", err.Error())
				return plan
			}
			entry.DirectoryHash = types.StringValue(hash)
		}
		if i < len(known) && isSame(*entry, known[i]) {
			entry.ID = known[i].ID
			if given[i].Name.IsNull() {
				entry.Name = known[i].Name
			}
			continue
		}
		entry.ID = types.StringUnknown()
		if given[i].Name.IsNull() {
			entry.Name = types.StringUnknown()
		}
	}
	if active > 1 {
		diagnostics.AddError("only one version can be active", fmt.Sprintf("%d are.", active))
	}
	return listOf(ctx, planned, diagnostics)
}

func isSame(one, other version) bool {
	return one.DirectoryHash.Equal(other.DirectoryHash) && one.Variables.Equal(other.Variables) && one.Tags.Equal(other.Tags)
}

// hashOf covers the contents of all files, in the order of their names, and not the names, like the real provider's.
func hashOf(directory string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil {
			_, err = sum.Write(content)
		}
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// bring pushes a version that is not there yet, and renames one that is.
func (t *template) bring(ctx context.Context, organization, template uuid.UUID, wanted *version) error {
	if wanted.ID.IsUnknown() {
		return t.push(ctx, organization, template, wanted)
	}
	_, err := t.client.UpdateTemplateVersion(ctx, uuid.MustParse(wanted.ID.ValueString()), codersdk.PatchTemplateVersionRequest{
		Name: wanted.Name.ValueString(), Message: wanted.Message.ValueStringPointer(),
	})
	return err
}

// push uploads a directory and waits until Coder has imported it; what Terraform says there is the error.
func (t *template) push(ctx context.Context, organization, template uuid.UUID, wanted *version) error {
	var archive bytes.Buffer
	if err := provisionersdk.Tar(&archive, slog.Make(), wanted.Directory.ValueString(), provisionersdk.TemplateArchiveLimit); err != nil {
		return err
	}
	upload, err := t.client.Upload(ctx, codersdk.ContentTypeTar, &archive)
	if err != nil {
		return err
	}
	variables, err := pairsOf(ctx, wanted.Variables)
	if err != nil {
		return err
	}
	tags, err := pairsOf(ctx, wanted.Tags)
	if err != nil {
		return err
	}
	request := codersdk.CreateTemplateVersionRequest{
		Name:            wanted.Name.ValueString(),
		Message:         wanted.Message.ValueString(),
		TemplateID:      template,
		StorageMethod:   codersdk.ProvisionerStorageMethodFile,
		FileID:          upload.ID,
		Provisioner:     codersdk.ProvisionerTypeTerraform,
		ProvisionerTags: tags,
	}
	for name, value := range variables {
		request.UserVariableValues = append(request.UserVariableValues, codersdk.VariableValue{Name: name, Value: value})
	}
	created, err := t.client.CreateTemplateVersion(ctx, organization, request)
	if err != nil {
		return err
	}
	if created, err = t.imported(ctx, created.ID); err != nil {
		return err
	}
	wanted.ID = types.StringValue(created.ID.String())
	wanted.Name = types.StringValue(created.Name)
	return nil
}

func (t *template) imported(ctx context.Context, id uuid.UUID) (codersdk.TemplateVersion, error) {
	logs, closer, err := t.client.TemplateVersionLogsAfter(ctx, id, 0)
	if err != nil {
		return codersdk.TemplateVersion{}, err
	}
	defer closer.Close()
	var complaints []string
	for line := range logs {
		if line.Level == codersdk.LogLevelError {
			complaints = append(complaints, line.Output)
		}
	}
	for {
		found, err := t.client.TemplateVersion(ctx, id)
		switch {
		case err != nil:
			return found, err
		case found.Job.Status == codersdk.ProvisionerJobSucceeded:
			return found, nil
		case found.Job.Status == codersdk.ProvisionerJobFailed || found.Job.Status == codersdk.ProvisionerJobCanceled:
			return found, errors.New(strings.Join(append(complaints, found.Job.Error), "\n"))
		}
		// The log ends a moment before the job does.
		time.Sleep(200 * time.Millisecond)
	}
}

func (t *template) readVersion(ctx context.Context, known *version, active uuid.UUID, diagnostics *diag.Diagnostics) {
	id, err := uuid.Parse(known.ID.ValueString())
	if err != nil {
		return
	}
	found, err := t.client.TemplateVersion(ctx, id)
	if err != nil {
		diagnostics.AddError("a version of the template cannot be read", err.Error())
		return
	}
	known.Name = types.StringValue(found.Name)
	known.Message = types.StringValue(found.Message)
	known.Active = types.BoolValue(id == active)
}

func activeOf(versions []version) *version {
	for i := range versions {
		if versions[i].Active.ValueBool() {
			return &versions[i]
		}
	}
	return nil
}

func versionsOf(ctx context.Context, list types.List, diagnostics *diag.Diagnostics) []version {
	var versions []version
	if !list.IsNull() && !list.IsUnknown() {
		diagnostics.Append(list.ElementsAs(ctx, &versions, false)...)
	}
	return versions
}

func listOf(ctx context.Context, versions []version, diagnostics *diag.Diagnostics) types.List {
	list, problems := types.ListValueFrom(ctx, versionType, versions)
	diagnostics.Append(problems...)
	return list
}

func pairsOf(ctx context.Context, set types.Set) (map[string]string, error) {
	found := map[string]string{}
	var pairs []struct {
		Name  string `tfsdk:"name"`
		Value string `tfsdk:"value"`
	}
	if problems := set.ElementsAs(ctx, &pairs, false); problems.HasError() {
		return nil, errors.New(problems[0].Detail())
	}
	for _, pair := range pairs {
		found[pair.Name] = pair.Value
	}
	return found, nil
}
