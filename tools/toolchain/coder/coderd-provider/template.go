package main

import (
	"context"
	"reflect"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/coder/coder/v2/codersdk"
)

type template struct{ *deployment }

func newTemplate() resource.Resource { return &template{} }

type templateModel struct {
	ID                  types.String `tfsdk:"id"`
	Name                types.String `tfsdk:"name"`
	DisplayName         types.String `tfsdk:"display_name"`
	Description         types.String `tfsdk:"description"`
	Organization        types.String `tfsdk:"organization_id"`
	Icon                types.String `tfsdk:"icon"`
	DefaultTTL          types.Int64  `tfsdk:"default_ttl_ms"`
	ActivityBump        types.Int64  `tfsdk:"activity_bump_ms"`
	AutoStopRequirement types.Object `tfsdk:"auto_stop_requirement"`
	AutoStartDays       types.Set    `tfsdk:"auto_start_permitted_days_of_week"`
	AllowCancel         types.Bool   `tfsdk:"allow_user_cancel_workspace_jobs"`
	AllowAutoStart      types.Bool   `tfsdk:"allow_user_auto_start"`
	AllowAutoStop       types.Bool   `tfsdk:"allow_user_auto_stop"`
	FailureTTL          types.Int64  `tfsdk:"failure_ttl_ms"`
	TimeTilDormant      types.Int64  `tfsdk:"time_til_dormant_ms"`
	TimeTilDeleted      types.Int64  `tfsdk:"time_til_dormant_autodelete_ms"`
	RequireActive       types.Bool   `tfsdk:"require_active_version"`
	MaxPortShareLevel   types.String `tfsdk:"max_port_share_level"`
	DeprecationMessage  types.String `tfsdk:"deprecation_message"`
	CORSBehavior        types.String `tfsdk:"cors_behavior"`
	ClassicParameters   types.Bool   `tfsdk:"use_classic_parameter_flow"`
	ACL                 types.Object `tfsdk:"acl"`
	Versions            types.List   `tfsdk:"versions"`
}

func (*template) Metadata(_ context.Context, _ resource.MetadataRequest, response *resource.MetadataResponse) {
	response.TypeName = "coderd_template"
}

func (t *template) Configure(_ context.Context, request resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	t.deployment = given(request)
}

func (*template) Schema(_ context.Context, _ resource.SchemaRequest, response *resource.SchemaResponse) {
	response.Schema = templateSchema()
}

// ModifyPlan settles what only the whole plan tells: which versions are new, and what a licence would be needed for.
func (t *template) ModifyPlan(ctx context.Context, request resource.ModifyPlanRequest, response *resource.ModifyPlanResponse) {
	if request.Plan.Raw.IsNull() {
		return
	}
	var plan, config templateModel
	response.Diagnostics.Append(response.Plan.Get(ctx, &plan)...)
	response.Diagnostics.Append(request.Config.Get(ctx, &config)...)
	known := types.ListNull(versionType)
	if !request.State.Raw.IsNull() {
		var state templateModel
		response.Diagnostics.Append(request.State.Get(ctx, &state)...)
		known = state.Versions
	}
	if response.Diagnostics.HasError() {
		return
	}
	if config.DisplayName.IsNull() {
		response.Diagnostics.Append(response.Plan.SetAttribute(ctx, path.Root("display_name"), plan.Name)...)
	}
	if t.deployment != nil {
		refuseUnlicensed(plan, t.features, &response.Diagnostics)
	}
	if !plan.Versions.IsNull() && !plan.Versions.IsUnknown() {
		versions := planVersions(ctx, config.Versions, plan.Versions, known, &response.Diagnostics)
		response.Diagnostics.Append(response.Plan.SetAttribute(ctx, path.Root("versions"), versions)...)
	}
}

func (t *template) Create(ctx context.Context, request resource.CreateRequest, response *resource.CreateResponse) {
	var plan templateModel
	response.Diagnostics.Append(request.Plan.Get(ctx, &plan)...)
	if response.Diagnostics.HasError() {
		return
	}
	organization := t.organization
	if known, err := uuid.Parse(plan.Organization.ValueString()); err == nil {
		organization = known
	}
	versions := versionsOf(ctx, plan.Versions, &response.Diagnostics)
	active := activeOf(versions)
	if active == nil {
		response.Diagnostics.AddAttributeError(path.Root("versions"), "a new template needs one active version", "Set active = true on one of them.")
		return
	}
	// The active one first: the template is made of it.
	if err := t.push(ctx, organization, uuid.Nil, active); err != nil {
		response.Diagnostics.AddError("template "+plan.Name.ValueString()+" is refused", err.Error())
		return
	}
	created, err := t.client.CreateTemplate(ctx, organization, creation(plan, uuid.MustParse(active.ID.ValueString())))
	if err != nil {
		response.Diagnostics.AddError("template "+plan.Name.ValueString()+" cannot be created", err.Error())
		return
	}
	// Before what may still fail: a template that exists must not be lost.
	settle(&plan, created)
	plan.Versions = listOf(ctx, []version{*active}, &response.Diagnostics)
	response.Diagnostics.Append(response.State.Set(ctx, plan)...)
	for i := range versions {
		if &versions[i] == active {
			continue
		}
		if err := t.push(ctx, organization, created.ID, &versions[i]); err != nil {
			response.Diagnostics.AddError("a version of "+plan.Name.ValueString()+" is refused", err.Error())
			return
		}
	}
	plan.Versions = listOf(ctx, versions, &response.Diagnostics)
	response.Diagnostics.Append(response.State.Set(ctx, plan)...)
}

func (t *template) Read(ctx context.Context, request resource.ReadRequest, response *resource.ReadResponse) {
	var state templateModel
	response.Diagnostics.Append(request.State.Get(ctx, &state)...)
	if response.Diagnostics.HasError() {
		return
	}
	id, err := uuid.Parse(state.ID.ValueString())
	if err != nil {
		response.Diagnostics.AddError("the state holds no template id", err.Error())
		return
	}
	found, err := t.client.Template(ctx, id)
	if isGone(err) {
		response.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		response.Diagnostics.AddError("template "+state.Name.ValueString()+" cannot be read", err.Error())
		return
	}
	settle(&state, found)
	observe(&state, found)
	if !state.Versions.IsNull() {
		versions := versionsOf(ctx, state.Versions, &response.Diagnostics)
		for i := range versions {
			t.readVersion(ctx, &versions[i], found.ActiveVersionID, &response.Diagnostics)
		}
		state.Versions = listOf(ctx, versions, &response.Diagnostics)
	}
	response.Diagnostics.Append(response.State.Set(ctx, state)...)
}

func (t *template) Update(ctx context.Context, request resource.UpdateRequest, response *resource.UpdateResponse) {
	var plan, state templateModel
	response.Diagnostics.Append(request.Plan.Get(ctx, &plan)...)
	response.Diagnostics.Append(request.State.Get(ctx, &state)...)
	if response.Diagnostics.HasError() {
		return
	}
	id := uuid.MustParse(plan.ID.ValueString())
	organization := uuid.MustParse(plan.Organization.ValueString())
	updated, err := t.set(ctx, id, change(plan), change(state))
	if err != nil {
		response.Diagnostics.AddError("template "+plan.Name.ValueString()+" cannot be changed", err.Error())
		return
	}
	settle(&plan, updated)
	versions := versionsOf(ctx, plan.Versions, &response.Diagnostics)
	for i := range versions {
		if err := t.bring(ctx, organization, id, &versions[i]); err != nil {
			// The state stays as it was: what is refused is not known, and the next apply tries again.
			response.Diagnostics.AddError("a version of "+plan.Name.ValueString()+" is refused", err.Error())
			return
		}
	}
	if active := activeOf(versions); active != nil && active.ID.ValueString() != updated.ActiveVersionID.String() {
		err := t.client.UpdateActiveTemplateVersion(ctx, id, codersdk.UpdateActiveTemplateVersion{ID: uuid.MustParse(active.ID.ValueString())})
		if err != nil {
			response.Diagnostics.AddError("the new version of "+plan.Name.ValueString()+" cannot become active", err.Error())
			return
		}
	}
	if !plan.Versions.IsNull() {
		plan.Versions = listOf(ctx, versions, &response.Diagnostics)
	}
	response.Diagnostics.Append(response.State.Set(ctx, plan)...)
}

func (t *template) Delete(ctx context.Context, request resource.DeleteRequest, response *resource.DeleteResponse) {
	var state templateModel
	response.Diagnostics.Append(request.State.Get(ctx, &state)...)
	id, err := uuid.Parse(state.ID.ValueString())
	if err == nil {
		err = t.client.DeleteTemplate(ctx, id)
	}
	if err != nil && !isGone(err) {
		response.Diagnostics.AddError("template "+state.Name.ValueString()+" cannot be deleted", err.Error())
	}
}

// set changes the settings; Coder refuses a change that changes nothing.
func (t *template) set(ctx context.Context, id uuid.UUID, wanted, before codersdk.UpdateTemplateMeta) (codersdk.Template, error) {
	if reflect.DeepEqual(wanted, before) {
		return t.client.Template(ctx, id)
	}
	return t.client.UpdateTemplateMeta(ctx, id, wanted)
}

// settle fills in what Coder decides.
func settle(model *templateModel, found codersdk.Template) {
	model.ID = types.StringValue(found.ID.String())
	model.Organization = types.StringValue(found.OrganizationID.String())
	model.MaxPortShareLevel = types.StringValue(string(found.MaxPortShareLevel))
	model.CORSBehavior = types.StringValue(string(found.CORSBehavior))
	model.ClassicParameters = types.BoolValue(found.UseClassicParameterFlow)
}

// observe takes over what people may have changed since.
func observe(model *templateModel, found codersdk.Template) {
	model.Name = types.StringValue(found.Name)
	model.DisplayName = types.StringValue(found.DisplayName)
	model.Description = types.StringValue(found.Description)
	model.Icon = types.StringValue(found.Icon)
	model.DefaultTTL = types.Int64Value(found.DefaultTTLMillis)
	model.ActivityBump = types.Int64Value(found.ActivityBumpMillis)
	model.AllowCancel = types.BoolValue(found.AllowUserCancelWorkspaceJobs)
	model.DeprecationMessage = types.StringValue(found.DeprecationMessage)
}

func creation(plan templateModel, version uuid.UUID) codersdk.CreateTemplateRequest {
	return codersdk.CreateTemplateRequest{
		Name:                         plan.Name.ValueString(),
		DisplayName:                  plan.DisplayName.ValueString(),
		Description:                  plan.Description.ValueString(),
		Icon:                         plan.Icon.ValueString(),
		VersionID:                    version,
		DefaultTTLMillis:             plan.DefaultTTL.ValueInt64Pointer(),
		ActivityBumpMillis:           plan.ActivityBump.ValueInt64Pointer(),
		AllowUserCancelWorkspaceJobs: plan.AllowCancel.ValueBoolPointer(),
		UseClassicParameterFlow:      ifKnown(plan.ClassicParameters),
		CORSBehavior:                 corsOf(plan),
	}
}

func change(plan templateModel) codersdk.UpdateTemplateMeta {
	return codersdk.UpdateTemplateMeta{
		Name:                         plan.Name.ValueString(),
		DisplayName:                  plan.DisplayName.ValueStringPointer(),
		Description:                  plan.Description.ValueStringPointer(),
		Icon:                         plan.Icon.ValueStringPointer(),
		DefaultTTLMillis:             plan.DefaultTTL.ValueInt64(),
		ActivityBumpMillis:           plan.ActivityBump.ValueInt64(),
		AllowUserAutostart:           true,
		AllowUserAutostop:            true,
		AllowUserCancelWorkspaceJobs: plan.AllowCancel.ValueBool(),
		UseClassicParameterFlow:      ifKnown(plan.ClassicParameters),
		CORSBehavior:                 corsOf(plan),
	}
}

func corsOf(plan templateModel) *codersdk.CORSBehavior {
	if plan.CORSBehavior.ValueString() == "" {
		return nil
	}
	behavior := codersdk.CORSBehavior(plan.CORSBehavior.ValueString())
	return &behavior
}

func ifKnown(value types.Bool) *bool {
	if value.IsUnknown() {
		return nil
	}
	return value.ValueBoolPointer()
}

// refuseUnlicensed: every one of these may be set only to its default, unless its feature is licensed.
func refuseUnlicensed(plan templateModel, features map[codersdk.FeatureName]codersdk.Feature, diagnostics *diag.Diagnostics) {
	refuse := func(attribute string, feature codersdk.FeatureName, isDefault bool) {
		if !isDefault && !features[feature].Enabled {
			diagnostics.AddAttributeError(path.Root(attribute), "Feature not enabled", "Your licence does not have "+string(feature)+".")
		}
	}
	scheduling := codersdk.FeatureAdvancedTemplateScheduling
	unset := func(value types.Int64) bool { return value.ValueInt64() == 0 }
	refuse("auto_stop_requirement", scheduling, plan.AutoStopRequirement.Equal(noAutoStop) || plan.AutoStopRequirement.IsUnknown())
	refuse("auto_start_permitted_days_of_week", scheduling, len(plan.AutoStartDays.Elements()) == 7 || plan.AutoStartDays.IsUnknown())
	refuse("allow_user_auto_start", scheduling, plan.AllowAutoStart.ValueBool())
	refuse("allow_user_auto_stop", scheduling, plan.AllowAutoStop.ValueBool())
	refuse("failure_ttl_ms", scheduling, unset(plan.FailureTTL))
	refuse("time_til_dormant_ms", scheduling, unset(plan.TimeTilDormant))
	refuse("time_til_dormant_autodelete_ms", scheduling, unset(plan.TimeTilDeleted))
	refuse("require_active_version", codersdk.FeatureAccessControl, !plan.RequireActive.ValueBool())
	refuse("deprecation_message", codersdk.FeatureAccessControl, plan.DeprecationMessage.ValueString() == "")
	level := plan.MaxPortShareLevel
	refuse("max_port_share_level", codersdk.FeatureControlSharedPorts, level.IsUnknown() || level.ValueString() == "public")
	refuse("acl", codersdk.FeatureTemplateRBAC, plan.ACL.IsNull())
}
