//! What a route of HTTP matches.

use crate::model::networking::HttpMatchRequest;

use crate::rules::validation::domains::gateway_names;
use crate::rules::validation::headers::matched_name;
use crate::rules::validation::issues::Issues;
use crate::rules::validation::labels::labels;
use crate::rules::validation::string_match::{regex_only, string_match};
use crate::rules::validation::text::is_dns_label;
use crate::yaml::Trail;

/// Checks the matches of a route; `path` is that of the list.
pub(super) fn check(matches: &[HttpMatchRequest], path: &Trail<'_>, issues: &mut Issues) {
    for (index, request) in matches.iter().enumerate() {
        texts(request, &path.item(index), issues);
    }
    for (index, request) in matches.iter().enumerate() {
        let path = path.item(index);
        if request.port != 0 {
            issues.check_port(&path.field("port"), request.port);
        }
        labels(&request.source_labels, &path.field("sourceLabels"), issues);
        let before = issues.mark();
        gateway_names(&request.gateways, &path.field("gateways"), issues);
        issues.lose_warnings(before);
        let namespace = &request.source_namespace;
        if !namespace.is_empty() && !is_dns_label(namespace) {
            let result = Err(format!("sourceNamespace match {namespace} is invalid"));
            issues.check_value(&path.field("sourceNamespace"), namespace, result);
        }
    }
}

fn texts(request: &HttpMatchRequest, path: &Trail<'_>, issues: &mut Issues) {
    let headers = path.field("headers");
    for (name, value) in &request.headers {
        let path = headers.field(name);
        issues.check_value(&path, name, matched_name(name));
        string_match(value, "headers", &path, issues);
    }
    let without = path.field("withoutHeaders");
    for (name, value) in &request.without_headers {
        let path = without.field(name);
        issues.check_value(&path, name, matched_name(name));
        // The star says that the header must be absent.
        if value.regex.as_deref() != Some("*") {
            string_match(value, "withoutHeaders", &path, issues);
        }
    }
    if let Some(uri) = &request.uri {
        regex_only(uri, "uri", &path.field("uri"), issues);
    }
    for (value, name) in [
        (&request.scheme, "scheme"),
        (&request.method, "method"),
        (&request.authority, "authority"),
    ] {
        if let Some(value) = value {
            string_match(value, name, &path.field(name), issues);
        }
    }
    let parameters = path.field("queryParams");
    for (name, value) in &request.query_params {
        string_match(value, "queryParams", &parameters.field(name), issues);
    }
}
