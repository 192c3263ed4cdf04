//! MESH1010: a regular expression that looks like the beginning of a path, and matches one path alone.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::model::gateway_api::{self, PathMatchType};
use crate::model::networking::VirtualService;
use crate::model::{Object, ObjectId};
use crate::rules::{Check, Run};
use crate::yaml::{FieldPath, is_placeholder};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "regex-matches-whole-path",
    codes: &[Code::MESH1010],
    runs: &[
        Run::VirtualService(regex_matches_whole_path),
        Run::HttpRoute(regex_matches_whole_path_of_k8s_route),
    ],
};

fn regex_matches_whole_path(service: &Object<VirtualService>, _: &Mesh, findings: &mut Findings) {
    for (path, matching) in super::matches_of(&service.spec) {
        let regex = matching.uri.as_ref().and_then(|uri| uri.regex.as_deref());
        if let Some(regex) = regex.filter(|regex| looks_like_prefix(regex)) {
            let path = path.field("uri").field("regex");
            findings.push(finding(service.id, path, regex));
        }
    }
}

/// What an expression must match is up to the implementation: this is how Istio has it.
fn regex_matches_whole_path_of_k8s_route(
    route: &Object<gateway_api::HttpRoute>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if !super::is_routed_by_istio(route, mesh) {
        return;
    }
    for (path, matching) in super::matches_of_k8s(&route.spec) {
        let Some(of_path) = &matching.path else {
            continue;
        };
        let regex = of_path.value.as_deref();
        if of_path.match_type == PathMatchType::RegularExpression
            && let Some(regex) = regex.filter(|regex| looks_like_prefix(regex))
        {
            let path = path.field("path").field("value");
            findings.push(finding(route.id, path, regex));
        }
    }
}

fn finding(object: ObjectId, path: FieldPath, regex: &str) -> Finding {
    let only = regex.trim_start_matches('^');
    let longer = if only.ends_with('/') {
        format!("{only}users")
    } else {
        format!("{only}/users")
    };
    let message = format!(
        "regex {regex} must match the whole path, not its beginning: a request for {longer} does not \
         match"
    );
    let fix =
        Fix::hazardous("match whatever follows").write(object, path.clone(), format!("{regex}.*"));
    Finding::new(Code::MESH1010, object, path, message)
        .help("append `.*`, or match by a prefix; end the expression in `$` if this path alone is meant")
        .fix(fix)
}

/// Whether an expression looks as if it stood for the beginning of a path. One without `^` is taken
/// for a path in full, unless it ends as only a prefix would.
fn looks_like_prefix(regex: &str) -> bool {
    if is_placeholder(regex) || !regex.contains('/') {
        return false;
    }
    if let Some(rest) = regex.strip_prefix('^') {
        return rest.starts_with('/') && ends_in_literal(rest);
    }
    let is_plain = !regex.contains(|c: char| META.contains(c));
    is_plain && regex.starts_with('/') && regex.ends_with('/') && regex != "/"
}

/// What is not a letter to compare in an expression.
const META: &str = r"\.+*?()|[]{}^$";

/// Whether the last thing that an expression asks for is one certain character: no quantifier, no
/// group, no class, and no end of the text.
fn ends_in_literal(regex: &str) -> bool {
    let Some(last) = regex.chars().next_back() else {
        return false;
    };
    let before = regex.strip_suffix(last).unwrap_or_default();
    let is_escaped = before.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
    if is_escaped {
        // `\.` is a dot, `\d` a class.
        !last.is_ascii_alphanumeric()
    } else {
        !META.contains(last)
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like_prefix;

    #[test]
    fn beginnings_of_paths_are_told_from_whole_paths() {
        for (regex, expected) in [
            ("^/api/", true),
            ("^/api", true),
            (r"^/api/v1\.", true),
            ("^/v[0-9]+/items", true),
            ("/api/", true),
            ("/api", false),
            ("/", false),
            ("^/api$", false),
            ("^/api/.*", false),
            ("^/api(/.*)?", false),
            ("^/items/[0-9]", false),
            (r"^/items/\d", false),
            ("^/items/[0-9]{3}", false),
            ("^/${VERSION}", false),
            ("^api", false),
            ("/v[0-9]+/", false),
        ] {
            assert_eq!(looks_like_prefix(regex), expected, "{regex}");
        }
    }
}
