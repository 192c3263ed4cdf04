//! MESH1009: a star in a path that is compared letter by letter.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::model::gateway_api::{self, PathMatchType};
use crate::model::networking::{StringMatch, VirtualService};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::{FieldPath, is_placeholder};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "star-in-path",
    codes: &[Code::MESH1009],
    runs: &[
        Run::VirtualService(star_in_path),
        Run::HttpRoute(star_in_path_of_k8s_route),
    ],
};

fn star_in_path(service: &Object<VirtualService>, _: &Mesh, findings: &mut Findings) {
    for (i, route) in service.spec.http.iter().enumerate() {
        // What a route with a delegate takes is decided by the routes of the delegate as well.
        if route.delegate.is_some() {
            continue;
        }
        for (j, matching) in route.matches.iter().enumerate() {
            let Some(uri) = &matching.uri else { continue };
            let path = path!["spec", "http", i, "match", j, "uri"];
            findings.extend(star_in(service.id, &path, uri));
        }
    }
}

fn star_in(object: ObjectId, uri: &FieldPath, matching: &StringMatch) -> Option<Finding> {
    if let Some(prefix) = matching.prefix.as_deref().filter(|text| has_star(text)) {
        let shorter = prefix.trim_end_matches('*');
        return Some(finding(
            object,
            uri.field("prefix"),
            "prefix",
            prefix,
            shorter,
        ));
    }
    let exact = matching.exact.as_deref().filter(|text| has_star(text))?;
    let path = uri.field("exact");
    let found = finding(object, path, "exact", exact, exact.trim_end_matches('*'));
    Some(Finding { fix: None, ..found })
}

fn star_in_path_of_k8s_route(
    route: &Object<gateway_api::HttpRoute>,
    _: &Mesh,
    findings: &mut Findings,
) {
    for (path, matching) in super::matches_of_k8s(&route.spec) {
        let Some(of_path) = &matching.path else {
            continue;
        };
        let Some(value) = of_path.value.as_deref().filter(|text| has_star(text)) else {
            continue;
        };
        let path = path.field("path").field("value");
        match of_path.match_type {
            PathMatchType::PathPrefix => {
                // A prefix is compared by whole elements: that of `/api*` would be another one.
                let shorter = value.trim_end_matches('*');
                let found = finding(route.id, path, "PathPrefix", value, shorter);
                let is_element = shorter.ends_with('/');
                findings.push(if is_element {
                    found
                } else {
                    Finding { fix: None, ..found }
                });
            }
            PathMatchType::Exact => {
                let shorter = value.trim_end_matches('*');
                let found = finding(route.id, path, "Exact", value, shorter);
                findings.push(Finding { fix: None, ..found });
            }
            PathMatchType::RegularExpression => {}
        }
    }
}

fn has_star(text: &str) -> bool {
    text.contains('*') && !is_placeholder(text)
}

/// `shorter` is the text without the stars at its end.
fn finding(object: ObjectId, path: FieldPath, how: &str, text: &str, shorter: &str) -> Finding {
    let message = format!(
        "{how} {text} is taken literally: a request matches only if there is a star in its path, so \
         none does"
    );
    let is_prefix = !shorter.contains('*') && shorter.starts_with('/');
    let help = if !is_prefix {
        "use a regular expression, which must match the whole path: `.*` for any text".to_owned()
    } else if how.eq_ignore_ascii_case("exact") {
        format!("match by the prefix {shorter}: a prefix needs no star")
    } else {
        format!("write {shorter}: a prefix needs no star")
    };
    let fix = Fix::hazardous("remove the star").write(object, path.clone(), shorter);
    Finding::new(Code::MESH1009, object, path, message)
        .help(help)
        .fix(is_prefix.then_some(fix))
}
