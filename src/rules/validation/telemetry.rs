//! IST0106, IST0133: what the admission webhook says of a Telemetry.

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::telemetry::{
    AccessLogging, CustomTag, Metrics, ProviderRef, TagOperation, TagOverride, Telemetry, Tracing,
};
use crate::model::{Object, Str};

use super::issues::Issues;
use super::text::is_placeholder;
use super::{cel, common};
use crate::yaml::Trail;

/// Validates a Telemetry.
pub(super) fn check(telemetry: &Object<Telemetry>, mesh: &Mesh, findings: &mut Findings) {
    super::validate(telemetry, mesh, findings, spec);
}

fn spec(telemetry: &Telemetry, issues: &mut Issues) {
    let spec = Trail::top("spec");
    common::attachment(telemetry, issues);
    let list = spec.field("metrics");
    for (index, item) in telemetry.metrics.iter().enumerate() {
        metrics(item, &list.item(index), issues);
    }
    let list = spec.field("tracing");
    if telemetry.tracing.len() > 1 {
        issues
            .warn(&list, "multiple tracing is not currently supported")
            .help("only the first item takes effect: merge the others into it");
    }
    for (index, item) in telemetry.tracing.iter().enumerate() {
        tracing(item, &list.item(index), issues);
    }
    let list = spec.field("accessLogging");
    for (index, item) in telemetry.access_logging.iter().enumerate() {
        access_logging(item, &list.item(index), issues);
    }
}

fn providers(list: &[ProviderRef], path: &Trail<'_>, issues: &mut Issues) {
    if let Some(index) = list.iter().position(|provider| provider.name.is_empty()) {
        issues.error(
            &path.field("providers").item(index).field("name"),
            "providers.name may not be empty",
        );
    }
}

fn metrics(metrics: &Metrics, path: &Trail<'_>, issues: &mut Issues) {
    providers(&metrics.providers, path, issues);
    let overrides = path.field("overrides");
    for (index, entry) in metrics.overrides.iter().enumerate() {
        let path = overrides.item(index);
        let tags = path.field("tagOverrides");
        for (name, tag) in entry.tag_overrides.iter() {
            tag_override(name, tag, &tags, issues);
        }
        let custom = entry
            .r#match
            .as_ref()
            .and_then(|m| m.custom_metric.as_ref());
        if custom.is_some_and(Str::is_empty) {
            issues.error(
                &path.field("match").field("customMetric"),
                "customMetric may not be empty",
            );
        }
    }
}

fn tag_override(name: &str, tag: &TagOverride, tags: &Trail<'_>, issues: &mut Issues) {
    if name.is_empty() {
        issues.warn(tags, "tagOverrides.name may not be empty");
    }
    let path = tags.field(name);
    match tag.operation.unwrap_or_default() {
        TagOperation::Upsert if tag.value.is_empty() => {
            issues
                .error(
                    &path.field("value"),
                    "tagOverrides.value must be set when operation is UPSERT",
                )
                .help("give the tag a value, or set operation: REMOVE to drop it");
        }
        TagOperation::Remove if !tag.value.is_empty() => {
            issues.error(
                &path.field("value"),
                "tagOverrides.value may only be set when operation is UPSERT",
            );
        }
        TagOperation::Upsert | TagOperation::Remove => {}
    }
}

fn tracing(tracing: &Tracing, path: &Trail<'_>, issues: &mut Issues) {
    if tracing.providers.len() > 1 {
        issues
            .warn(
                &path.field("providers"),
                "multiple providers is not currently supported",
            )
            .help("keep one provider: the first takes effect");
    }
    providers(&tracing.providers, path, issues);
    let out_of_range = |percentage: f64| !(0.0..=100.0).contains(&percentage);
    if tracing.random_sampling_percentage.is_some_and(out_of_range) {
        issues.error(
            &path.field("randomSamplingPercentage"),
            "randomSamplingPercentage must be in range [0.0, 100.0]",
        );
    }
    let tags = path.field("customTags");
    for (name, tag) in tracing.custom_tags.iter() {
        custom_tag(name, tag, &tags, issues);
    }
}

fn custom_tag(name: &str, tag: &CustomTag, tags: &Trail<'_>, issues: &mut Issues) {
    if name.is_empty() {
        issues.error(tags, "tag name may not be empty");
    }
    let path = tags.field(name);
    // Of several members the one declared last counts: literal, environment, header, formatter.
    if tag.formatter.is_some() {
    } else if let Some(header) = &tag.header {
        if header.name.is_empty() {
            issues.error(
                &path.field("header").field("name"),
                "header tag name may not be empty",
            );
        }
    } else if let Some(environment) = &tag.environment {
        if environment.name.is_empty() {
            issues.error(
                &path.field("environment").field("name"),
                "environment tag name may not be empty",
            );
        }
    } else if let Some(literal) = &tag.literal
        && literal.value.is_empty()
    {
        issues.error(
            &path.field("literal").field("value"),
            "literal tag value may not be empty",
        );
    }
}

fn access_logging(logging: &AccessLogging, path: &Trail<'_>, issues: &mut Issues) {
    if let Some(filter) = &logging.filter
        && !is_placeholder(&filter.expression)
        && let Err(why) = cel::parse(&filter.expression)
    {
        issues.error(
            &path.field("filter").field("expression"),
            format!("must be a valid CEL expression, {why}"),
        );
    }
    providers(&logging.providers, path, issues);
}
