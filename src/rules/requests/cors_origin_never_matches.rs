//! MESH1029: an origin of CORS that no browser sends.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::model::networking::{CorsPolicy, VirtualService};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::{FieldPath, is_placeholder};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "cors-origin-never-matches",
    codes: &[Code::MESH1029],
    runs: &[Run::VirtualService(cors_origin_never_matches)],
};

fn cors_origin_never_matches(service: &Object<VirtualService>, _: &Mesh, findings: &mut Findings) {
    for (at, route) in service.spec.http.iter().enumerate() {
        if let Some(cors) = route.cors_policy.as_deref() {
            let path = path!["spec", "http", at, "corsPolicy"];
            look_at(service.id, &path, cors, findings);
        }
    }
}

fn look_at(object: ObjectId, path: &FieldPath, cors: &CorsPolicy, findings: &mut Findings) {
    for (at, origin) in cors.allow_origin.iter().enumerate() {
        let path = path.field("allowOrigin").item(at);
        findings.extend(exact(object, path, "origin", origin));
    }
    for (at, origin) in cors.allow_origins.iter().enumerate() {
        let path = path.field("allowOrigins").item(at);
        if let Some(text) = &origin.exact {
            findings.extend(exact(object, path.field("exact"), "exact origin", text));
        }
        let prefix = origin.prefix.as_deref();
        if let Some(text) = prefix.filter(|text| text.contains('*') && !is_placeholder(text)) {
            let message = said("origin prefix", text, "the star is compared as it is");
            findings.push(
                Finding::new(Code::MESH1029, object, path.field("prefix"), message)
                    .help(format!("use regex: {}", as_regex(&format!("{text}*")))),
            );
        }
    }
}

/// What is wrong with an origin that is compared as a whole.
fn exact(object: ObjectId, path: FieldPath, what: &str, origin: &str) -> Option<Finding> {
    if matches!(origin, "*" | "null" | "") || is_placeholder(origin) {
        return None;
    }
    let finding = |why: &str, help: String| {
        let message = said(what, origin, why);
        Finding::new(Code::MESH1029, object, path.clone(), message).help(help)
    };
    if origin.contains('*') {
        let help = format!("use regex: {}", as_regex(origin));
        return Some(finding("the star is compared as it is", help));
    }
    let Some((scheme, rest)) = origin.split_once("://") else {
        let help = format!("write the scheme as well: https://{origin}");
        return Some(finding("an Origin begins with a scheme", help));
    };
    let (host, _) = rest.split_once('/')?;
    let shorter = format!("{scheme}://{host}");
    let finding = finding(
        "an Origin ends with the host and port, without a slash or path",
        format!("write {shorter}"),
    );
    let fix = Fix::safe(format!("write {shorter}")).write(object, path.clone(), shorter);
    Some(finding.fix(fix))
}

fn said(what: &str, origin: &str, why: &str) -> String {
    format!("{what} {origin} matches no Origin header ({why}), so browsers refuse the answer")
}

/// An expression that matches what was meant by an origin with stars.
fn as_regex(origin: &str) -> String {
    origin.replace('.', r"\.").replace('*', ".*")
}
