package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/coder/coder/v2/codersdk"
)

type user struct{ *deployment }

func newUser() resource.Resource { return &user{} }

type userModel struct {
	ID             types.String `tfsdk:"id"`
	Username       types.String `tfsdk:"username"`
	Name           types.String `tfsdk:"name"`
	Email          types.String `tfsdk:"email"`
	Roles          types.Set    `tfsdk:"roles"`
	LoginType      types.String `tfsdk:"login_type"`
	Password       types.String `tfsdk:"password"`
	Suspended      types.Bool   `tfsdk:"suspended"`
	ServiceAccount types.Bool   `tfsdk:"is_service_account"`
}

func (*user) Metadata(_ context.Context, _ resource.MetadataRequest, response *resource.MetadataResponse) {
	response.TypeName = "coderd_user"
}

func (u *user) Configure(_ context.Context, request resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	u.deployment = given(request)
}

func (*user) Schema(_ context.Context, _ resource.SchemaRequest, response *resource.SchemaResponse) {
	replaced := []planmodifier.String{stringplanmodifier.RequiresReplace(), stringplanmodifier.UseStateForUnknown()}
	response.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"id":         schema.StringAttribute{Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}},
		"username":   schema.StringAttribute{Required: true},
		"name":       schema.StringAttribute{Optional: true, Computed: true},
		"email":      schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: replaced},
		"roles":      schema.SetAttribute{Optional: true, ElementType: types.StringType},
		"login_type": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("none"), PlanModifiers: replaced},
		"password":   schema.StringAttribute{Optional: true, Sensitive: true},
		"suspended":  schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false)},
		"is_service_account": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			PlanModifiers: []planmodifier.Bool{boolplanmodifier.RequiresReplace()},
		},
	}}
}

// ModifyPlan: a user without a name is called by the username.
func (*user) ModifyPlan(ctx context.Context, request resource.ModifyPlanRequest, response *resource.ModifyPlanResponse) {
	if request.Plan.Raw.IsNull() {
		return
	}
	var config userModel
	response.Diagnostics.Append(request.Config.Get(ctx, &config)...)
	if config.ServiceAccount.ValueBool() {
		response.Diagnostics.AddError("Feature not enabled", "is_service_account needs a licence.")
	}
	if config.Name.IsNull() {
		response.Diagnostics.Append(response.Plan.SetAttribute(ctx, path.Root("name"), config.Username)...)
	}
}

func (u *user) Create(ctx context.Context, request resource.CreateRequest, response *resource.CreateResponse) {
	var plan userModel
	response.Diagnostics.Append(request.Plan.Get(ctx, &plan)...)
	if response.Diagnostics.HasError() {
		return
	}
	active := codersdk.UserStatusActive
	created, err := u.client.CreateUserWithOrgs(ctx, codersdk.CreateUserRequestWithOrgs{
		Email:           plan.Email.ValueString(),
		Username:        plan.Username.ValueString(),
		Name:            plan.Name.ValueString(),
		Password:        plan.Password.ValueString(),
		UserLoginType:   codersdk.LoginType(plan.LoginType.ValueString()),
		UserStatus:      &active,
		OrganizationIDs: []uuid.UUID{u.organization},
	})
	if err != nil {
		response.Diagnostics.AddError("user "+plan.Username.ValueString()+" cannot be created", err.Error())
		return
	}
	plan.ID = types.StringValue(created.ID.String())
	plan.Email = types.StringValue(created.Email)
	// Before what may still fail: a user that exists must not be lost.
	response.Diagnostics.Append(response.State.Set(ctx, plan)...)
	u.apply(ctx, plan, userModel{Suspended: types.BoolValue(false), Password: plan.Password}, &response.Diagnostics)
}

func (u *user) Read(ctx context.Context, request resource.ReadRequest, response *resource.ReadResponse) {
	var state userModel
	response.Diagnostics.Append(request.State.Get(ctx, &state)...)
	if response.Diagnostics.HasError() {
		return
	}
	found, err := u.client.User(ctx, state.ID.ValueString())
	if isGone(err) {
		response.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		response.Diagnostics.AddError("user "+state.Username.ValueString()+" cannot be read", err.Error())
		return
	}
	state.Username = types.StringValue(found.Username)
	state.Name = types.StringValue(found.Name)
	state.Email = types.StringValue(found.Email)
	state.LoginType = types.StringValue(string(found.LoginType))
	state.Suspended = types.BoolValue(found.Status == codersdk.UserStatusSuspended)
	if !state.Roles.IsNull() {
		roles := make([]string, 0, len(found.Roles))
		for _, role := range found.Roles {
			roles = append(roles, role.Name)
		}
		var problems diag.Diagnostics
		state.Roles, problems = types.SetValueFrom(ctx, types.StringType, roles)
		response.Diagnostics.Append(problems...)
	}
	response.Diagnostics.Append(response.State.Set(ctx, state)...)
}

func (u *user) Update(ctx context.Context, request resource.UpdateRequest, response *resource.UpdateResponse) {
	var plan, state userModel
	response.Diagnostics.Append(request.Plan.Get(ctx, &plan)...)
	response.Diagnostics.Append(request.State.Get(ctx, &state)...)
	if response.Diagnostics.HasError() {
		return
	}
	u.apply(ctx, plan, state, &response.Diagnostics)
	if !response.Diagnostics.HasError() {
		response.Diagnostics.Append(response.State.Set(ctx, plan)...)
	}
}

func (u *user) Delete(ctx context.Context, request resource.DeleteRequest, response *resource.DeleteResponse) {
	var state userModel
	response.Diagnostics.Append(request.State.Get(ctx, &state)...)
	id, err := uuid.Parse(state.ID.ValueString())
	if err == nil {
		err = u.client.DeleteUser(ctx, id)
	}
	if err != nil && !isGone(err) {
		response.Diagnostics.AddError("user "+state.Username.ValueString()+" cannot be deleted", err.Error())
	}
}

// apply brings a user that exists from `before` to `plan`; roles that are not set are left as they are.
func (u *user) apply(ctx context.Context, plan, before userModel, diagnostics *diag.Diagnostics) {
	id := plan.ID.ValueString()
	failed := func(what string, err error) {
		if err != nil {
			diagnostics.AddError(what+" of user "+plan.Username.ValueString()+" cannot be set", err.Error())
		}
	}
	_, err := u.client.UpdateUserProfile(ctx, id, codersdk.UpdateUserProfileRequest{
		Username: plan.Username.ValueString(), Name: plan.Name.ValueString(),
	})
	failed("profile", err)
	if !plan.Roles.IsNull() {
		roles := []string{}
		diagnostics.Append(plan.Roles.ElementsAs(ctx, &roles, false)...)
		_, err = u.client.UpdateUserRoles(ctx, id, codersdk.UpdateRoles{Roles: roles})
		failed("roles", err)
	}
	if !plan.Password.IsNull() && !plan.Password.Equal(before.Password) {
		err = u.client.UpdateUserPassword(ctx, id, codersdk.UpdateUserPasswordRequest{Password: plan.Password.ValueString()})
		failed("password", err)
	}
	if !plan.Suspended.Equal(before.Suspended) {
		status := codersdk.UserStatusActive
		if plan.Suspended.ValueBool() {
			status = codersdk.UserStatusSuspended
		}
		_, err = u.client.UpdateUserStatus(ctx, id, status)
		failed("status", err)
	}
}

// Coder answers 400 for a user that is not there, since the same path takes names.
func isGone(err error) bool {
	var answer *codersdk.Error
	if !errors.As(err, &answer) {
		return false
	}
	return answer.StatusCode() == http.StatusNotFound || strings.Contains(answer.Message, "must be an existing uuid or username")
}
