//! KIA0102: an operation names a method that is none of HTTP's.

use super::{operation_path, operations};
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::security::AuthorizationPolicy;
use crate::rules::common::{Selective, words};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "unknown-http-method",
    codes: &[Code::KIA0102],
    runs: &[Run::AuthorizationPolicy(unknown_http_method)],
};

/// The methods of HTTP itself.
const HTTP: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE",
];

/// Further methods of the IANA registry, and what caches call their clearing.
const REGISTERED: [&str; 32] = [
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "COPY",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "ORDERPATCH",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
    "BAN",
];

/// Checks the methods of all operations.
fn unknown_http_method(policy: &Object<AuthorizationPolicy>, mesh: &Mesh, findings: &mut Findings) {
    if !AuthorizationPolicy::is_judged(policy, mesh) {
        return;
    }
    let loose = mesh.quirks.methods_are_those_of_http;
    for (at, operation) in operations(&policy.spec) {
        for (k, method) in operation.methods.iter().enumerate() {
            let fine = if loose {
                let method = method.trim().to_uppercase();
                exists(&method, &HTTP)
            } else {
                exists(method, &HTTP) || exists(method, &REGISTERED)
            };
            if !fine && !words::is_unresolved(mesh, method) {
                let path = operation_path(at, "methods", k);
                findings.push(finding(policy, path, method));
            }
        }
    }
}

/// Whether an entry is a method, or covers one with a star at one of its ends.
fn exists(entry: &str, methods: &[&str]) -> bool {
    if entry == "*" {
        return true;
    }
    match (entry.strip_prefix('*'), entry.strip_suffix('*')) {
        (None, Some(prefix)) => methods.iter().any(|method| method.starts_with(prefix)),
        (Some(suffix), None) => methods.iter().any(|method| method.ends_with(suffix)),
        _ => methods.contains(&entry),
    }
}

fn finding(policy: &Object<AuthorizationPolicy>, path: FieldPath, method: &str) -> Finding {
    let upper = method.trim().to_uppercase();
    let new = |message: String| Finding::new(Code::KIA0102, policy.id, &path, message);
    if exists(&upper, &HTTP) && !upper.is_empty() {
        return new(format!(
            "{method:?} matches no request: methods are compared letter by letter"
        ))
        .help(format!("write {upper}"))
        .fix(Fix::safe(format!("write {upper}")).write(policy.id, path, upper));
    }
    if method.contains('/') {
        return new(format!("{method:?} is a path, not an HTTP method"))
            .help("every gRPC call is a POST; put its name under operation.paths");
    }
    let finding = new(format!("{method:?} is no HTTP method"));
    match words::nearest(&upper, HTTP.into_iter()) {
        Some(near) if !upper.contains('*') => finding.help(format!("did you mean {near}?")),
        _ => finding.help(format!(
            "use {}, or a star at one end, such as P*",
            HTTP.join(", ")
        )),
    }
}
