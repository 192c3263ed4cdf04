//! IST0106, IST0133: what the admission webhook says of an EnvoyFilter.

mod value;

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Mesh;
use crate::model::networking::{
    ApplyTo, ConfigPatch, EnvoyFilter, FilterMatch, PatchContext, PatchMatch, PatchOperation,
};

use super::issues::Issues;
use super::labels::{empty_selector, selector};
use super::text::{is_placeholder, quote};
use super::{re2, validate};
use crate::yaml::Trail;

/// Validates the `EnvoyFilters`. Outside upstream mode a remark that holds for several of them is made
/// once, and that such filters depend on what may change only where nothing more is to be said.
pub(super) fn check(mesh: &Mesh, findings: &mut Findings) {
    let mut all = Findings::default();
    for filter in &mesh.objects.envoy_filters {
        if !filter.broken && !mesh.objects.is_context(filter.id) {
            validate(filter, mesh, &mut all, envoy_filter);
        }
    }
    if mesh.quirks.run_time_plays_no_part {
        findings.extend(all.into_vec());
        return;
    }
    let all = all.into_vec();
    let is_concrete = |f: &Finding| f.code == Code::IST0133 && f.severity != Severity::Info;
    let has_concrete = all.iter().any(is_concrete);
    let mut remarks: FxHashMap<String, Finding> = FxHashMap::default();
    let mut order: Vec<String> = Vec::new();
    for finding in all {
        if finding.code != Code::IST0133 {
            findings.push(finding);
            continue;
        }
        if has_concrete && !is_concrete(&finding) {
            continue;
        }
        if let (Some(first), Some(object)) = (remarks.get_mut(&finding.message), finding.object) {
            if first.related.len() < RELATED {
                let path = finding.path.clone();
                *first = first.clone().related(object, path, "the same holds here");
            }
        } else {
            order.push(finding.message.clone());
            remarks.insert(finding.message.clone(), finding);
        }
    }
    findings.extend(order.iter().filter_map(|message| remarks.remove(message)));
}

/// How many others a remark names.
const RELATED: usize = 10;

fn envoy_filter(filter: &EnvoyFilter, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let chosen = filter.workload_selector.as_ref();
    if !selector(chosen, issues) {
        return;
    }
    issues
        .warn(
            &spec,
            "EnvoyFilter exposes internal implementation details that may change at any time. \
             Prefer other APIs if possible, and exercise extreme caution, especially around \
             upgrades.",
        )
        .standing()
        .help("see whether Telemetry, WasmPlugin or a field of another kind does the same");
    empty_selector(chosen, "Envoy filter", issues);
    let patches = spec.field("configPatches");
    for (index, patch) in filter.config_patches.iter().enumerate() {
        config_patch(patch, &patches.item(index), issues);
    }
}

fn config_patch(item: &ConfigPatch, path: &Trail<'_>, issues: &mut Issues) {
    let context = item.matches.as_ref().map(|matches| matches.context);
    if context == Some(PatchContext::Waypoint) {
        return;
    }
    let at = path.field("patch");
    if item.apply_to == ApplyTo::Invalid {
        issues
            .error(&path.field("applyTo"), "Envoy filter: missing applyTo")
            .help("add applyTo, the part of the configuration that is patched");
        return;
    }
    let Some(change) = &item.patch else {
        issues.error(&at, "Envoy filter: missing patch");
        return;
    };
    if change.operation == PatchOperation::Invalid {
        issues
            .error(
                &at.field("operation"),
                "Envoy filter: missing patch operation",
            )
            .help("add operation, such as MERGE or INSERT_BEFORE");
        return;
    }
    let value_path = at.field("value");
    if change.operation != PatchOperation::Remove && change.value.is_none() {
        issues.error(
            &value_path,
            "Envoy filter: missing patch value for non-remove operation",
        );
        return;
    }
    if let Some(matches) = &item.matches
        && !check_match(item.apply_to, matches, &path.field("match"), issues)
    {
        return;
    }
    if let Some(value) = &change.value {
        value::check(item.apply_to, value, &value_path, issues);
    }
}

/// Checks a match; false when nothing else of the patch is looked at.
fn check_match(
    apply_to: ApplyTo,
    matches: &PatchMatch,
    path: &Trail<'_>,
    issues: &mut Issues,
) -> bool {
    if let Some(proxy) = &matches.proxy {
        let version = proxy.proxy_version.as_str();
        let proxy = path.field("proxy");
        let path = proxy.field("proxyVersion");
        if version.len() > 1024 {
            issues.warn(
                &path,
                "Envoy filter: proxyVersion match exceeds 1024 characters and will be ignored",
            );
        } else if let Err(why) = re2::check(version)
            && !is_placeholder(version)
        {
            issues.error(
                &path,
                format!("Envoy filter: invalid regex for proxy version, [{why}]"),
            );
            return false;
        }
    }
    let member = [
        (matches.listener.is_some(), "listener"),
        (matches.route_configuration.is_some(), "routeConfiguration"),
        (matches.cluster.is_some(), "cluster"),
        (matches.waypoint.is_some(), "waypoint"),
    ]
    .into_iter()
    .find_map(|(is_set, name)| is_set.then_some(name));
    let (class, wanted) = match apply_to {
        ApplyTo::Listener | ApplyTo::FilterChain | ApplyTo::NetworkFilter | ApplyTo::HttpFilter => {
            ("listener", "listener")
        }
        ApplyTo::RouteConfiguration | ApplyTo::VirtualHost | ApplyTo::HttpRoute => {
            ("http route", "routeConfiguration")
        }
        ApplyTo::Cluster => ("cluster", "cluster"),
        ApplyTo::Invalid
        | ApplyTo::ExtensionConfig
        | ApplyTo::Bootstrap
        | ApplyTo::ListenerFilter => return true,
    };
    if let Some(member) = member
        && member != wanted
    {
        let what = match wanted {
            "routeConfiguration" => "route configuration",
            other => other,
        };
        issues
            .error(
                &path.field(member),
                format!(
                    "Envoy filter: applyTo for {class} class objects cannot have non {what} match"
                ),
            )
            .help(format!("with applyTo {apply_to} write match.{wanted}"));
        return wanted != "listener";
    }
    let filter = matches
        .listener
        .as_ref()
        .and_then(|listener| listener.filter_chain.as_ref())
        .and_then(|chain| chain.filter.as_ref());
    match filter {
        Some(filter) if wanted == "listener" => {
            let listener = path.field("listener");
            let chain = listener.field("filterChain");
            filter_match(apply_to, filter, &chain.field("filter"), issues)
        }
        _ => true,
    }
}

fn filter_match(
    apply_to: ApplyTo,
    filter: &FilterMatch,
    path: &Trail<'_>,
    issues: &mut Issues,
) -> bool {
    const CONNECTION_MANAGER: [&str; 2] = [
        "envoy.filters.network.http_connection_manager",
        "envoy.http_connection_manager",
    ];
    if matches!(apply_to, ApplyTo::Listener | ApplyTo::FilterChain) {
        issues.warn(
            path,
            format!("Envoy filter: filter match has no effect when used with {apply_to}"),
        );
    }
    let name = path.field("name");
    if filter.name.is_empty() {
        issues.error(&name, "Envoy filter: filter match has no name to match on");
        return false;
    }
    let sub_path = path.field("subFilter");
    if let Some(sub) = &filter.sub_filter {
        if apply_to != ApplyTo::HttpFilter {
            issues.error(
                &sub_path,
                "Envoy filter: subfilter match can be used with applyTo HTTP_FILTER only",
            );
            return false;
        }
        if !CONNECTION_MANAGER.contains(&filter.name.as_str()) {
            issues.error(
                &name,
                "Envoy filter: subfilter match requires filter match with \
                 envoy.filters.network.http_connection_manager",
            );
            return false;
        }
        if sub.name.is_empty() {
            issues.error(
                &sub_path.field("name"),
                "Envoy filter: subfilter match has no name to match on",
            );
            return false;
        }
    }
    deprecated_name(&filter.name, &name, issues);
    if let Some(sub) = &filter.sub_filter {
        deprecated_name(&sub.name, &sub_path.field("name"), issues);
    }
    true
}

fn deprecated_name(name: &str, path: &Trail<'_>, issues: &mut Issues) {
    if let Some((_, new)) = DEPRECATED_NAMES.iter().find(|(old, _)| name == *old) {
        issues.warn(
            path,
            format!(
                "using deprecated filter name {}; use {} instead",
                quote(name),
                quote(new)
            ),
        );
    }
}

/// Old names of filters and the names that took their place. `envoy.ext_authz` was the name of an
/// HTTP filter as well.
const DEPRECATED_NAMES: [(&str, &str); 27] = [
    ("envoy.buffer", "envoy.filters.http.buffer"),
    (
        "envoy.client_ssl_auth",
        "envoy.filters.network.client_ssl_auth",
    ),
    ("envoy.cors", "envoy.filters.http.cors"),
    ("envoy.csrf", "envoy.filters.http.csrf"),
    ("envoy.ext_authz", "envoy.filters.network.ext_authz"),
    ("envoy.fault", "envoy.filters.http.fault"),
    (
        "envoy.grpc_http1_bridge",
        "envoy.filters.http.grpc_http1_bridge",
    ),
    (
        "envoy.grpc_json_transcoder",
        "envoy.filters.http.grpc_json_transcoder",
    ),
    ("envoy.grpc_web", "envoy.filters.http.grpc_web"),
    ("envoy.gzip", "envoy.filters.http.gzip"),
    ("envoy.health_check", "envoy.filters.http.health_check"),
    (
        "envoy.http_connection_manager",
        "envoy.filters.network.http_connection_manager",
    ),
    ("envoy.http_dynamo_filter", "envoy.filters.http.dynamo"),
    ("envoy.ip_tagging", "envoy.filters.http.ip_tagging"),
    (
        "envoy.listener.http_inspector",
        "envoy.filters.listener.http_inspector",
    ),
    (
        "envoy.listener.original_dst",
        "envoy.filters.listener.original_dst",
    ),
    (
        "envoy.listener.original_src",
        "envoy.filters.listener.original_src",
    ),
    (
        "envoy.listener.proxy_protocol",
        "envoy.filters.listener.proxy_protocol",
    ),
    (
        "envoy.listener.tls_inspector",
        "envoy.filters.listener.tls_inspector",
    ),
    ("envoy.lua", "envoy.filters.http.lua"),
    ("envoy.mongo_proxy", "envoy.filters.network.mongo_proxy"),
    ("envoy.rate_limit", "envoy.filters.http.ratelimit"),
    ("envoy.ratelimit", "envoy.filters.network.ratelimit"),
    ("envoy.redis_proxy", "envoy.filters.network.redis_proxy"),
    ("envoy.router", "envoy.filters.http.router"),
    ("envoy.squash", "envoy.filters.http.squash"),
    ("envoy.tcp_proxy", "envoy.filters.network.tcp_proxy"),
];
