package main

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	pairType    = types.ObjectType{AttrTypes: map[string]attr.Type{"name": types.StringType, "value": types.StringType}}
	versionType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"id": types.StringType, "name": types.StringType, "message": types.StringType,
		"directory": types.StringType, "directory_hash": types.StringType, "active": types.BoolType,
		"tf_vars": types.SetType{ElemType: pairType}, "provisioner_tags": types.SetType{ElemType: pairType},
	}}
	noAutoStop = types.ObjectValueMust(
		map[string]attr.Type{"days_of_week": types.SetType{ElemType: types.StringType}, "weeks": types.Int64Type},
		map[string]attr.Value{"days_of_week": words(), "weeks": types.Int64Value(1)},
	)
	everyDay = words("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
)

func words(values ...string) types.Set {
	elements := make([]attr.Value, 0, len(values))
	for _, value := range values {
		elements = append(elements, types.StringValue(value))
	}
	return types.SetValueMust(types.StringType, elements)
}

func templateSchema() schema.Schema {
	text := func(standard string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(standard)}
	}
	number := func(standard int64) schema.Int64Attribute {
		return schema.Int64Attribute{Optional: true, Computed: true, Default: int64default.StaticInt64(standard)}
	}
	boolean := func(standard bool) schema.BoolAttribute {
		return schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(standard)}
	}
	kept := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	decided := schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: kept}
	return schema.Schema{Attributes: map[string]schema.Attribute{
		"id":           schema.StringAttribute{Computed: true, PlanModifiers: kept},
		"name":         schema.StringAttribute{Required: true},
		"display_name": schema.StringAttribute{Optional: true, Computed: true},
		"description":  text(""),
		"organization_id": schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{
			stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplaceIfConfigured(),
		}},
		"icon":             text(""),
		"default_ttl_ms":   number(0),
		"activity_bump_ms": number(3_600_000),
		"auto_stop_requirement": schema.SingleNestedAttribute{
			Optional: true, Computed: true, Default: objectdefault.StaticValue(noAutoStop),
			Attributes: map[string]schema.Attribute{
				"days_of_week": schema.SetAttribute{Optional: true, Computed: true, ElementType: types.StringType, Default: setdefault.StaticValue(words())},
				"weeks":        number(1),
			},
		},
		"auto_start_permitted_days_of_week": schema.SetAttribute{
			Optional: true, Computed: true, ElementType: types.StringType, Default: setdefault.StaticValue(everyDay),
		},
		"allow_user_cancel_workspace_jobs": boolean(true),
		"allow_user_auto_start":            boolean(true),
		"allow_user_auto_stop":             boolean(true),
		"failure_ttl_ms":                   number(0),
		"time_til_dormant_ms":              number(0),
		"time_til_dormant_autodelete_ms":   number(0),
		"require_active_version":           boolean(false),
		"max_port_share_level":             decided,
		"deprecation_message":              text(""),
		"cors_behavior":                    decided,
		"use_classic_parameter_flow": schema.BoolAttribute{
			Optional: true, Computed: true, PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
		},
		"acl": schema.SingleNestedAttribute{Optional: true, Attributes: map[string]schema.Attribute{
			"users": grants(), "groups": grants(),
		}},
		"versions": schema.ListNestedAttribute{Optional: true, NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"id":               schema.StringAttribute{Computed: true},
			"name":             schema.StringAttribute{Optional: true, Computed: true},
			"message":          text(""),
			"directory":        schema.StringAttribute{Required: true},
			"directory_hash":   schema.StringAttribute{Computed: true},
			"active":           boolean(false),
			"tf_vars":          pairs(),
			"provisioner_tags": pairs(),
		}}},
	}}
}

func pairs() schema.SetNestedAttribute {
	return schema.SetNestedAttribute{Optional: true, NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
		"name": schema.StringAttribute{Required: true}, "value": schema.StringAttribute{Required: true},
	}}}
}

func grants() schema.SetNestedAttribute {
	return schema.SetNestedAttribute{Required: true, NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
		"id": schema.StringAttribute{Required: true}, "role": schema.StringAttribute{Required: true},
	}}}
}
