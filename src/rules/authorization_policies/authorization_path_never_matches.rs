//! MESH2015: a path that no request can have.

use super::{operation_path, operations};
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::security::{Action, AuthorizationPolicy};
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "authorization-path-never-matches",
    codes: &[Code::MESH2015],
    runs: &[Run::AuthorizationPolicy(authorization_path_never_matches)],
};

fn authorization_path_never_matches(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    for (at, operation) in operations(&policy.spec) {
        for (list, paths) in [
            ("paths", &operation.paths),
            ("notPaths", &operation.not_paths),
        ] {
            for (k, path) in paths.iter().enumerate() {
                if is_unresolved(mesh, path) {
                    continue;
                }
                let Some(fault) = fault(path) else { continue };
                let place = operation_path(at, list, k);
                let outcome = outcome(policy.spec.action, list == "paths");
                let message = format!("path {path} never matches: {}; {outcome}", fault.because);
                let fix = Fix::hazardous(format!("write {}", fault.instead));
                let fix = fix.write(policy.id, place.clone(), fault.instead.as_str());
                findings.push(
                    Finding::new(Code::MESH2015, policy.id, place, message)
                        .help(format!("write {}", fault.instead))
                        .fix(fix),
                );
            }
        }
    }
}

/// What becomes of requests that the path was meant for.
fn outcome(action: Action, is_positive: bool) -> &'static str {
    match (action, is_positive) {
        (Action::Allow, true) => "requests that it is meant for are refused",
        (Action::Deny, true) => "requests that it is meant for are let in",
        (Action::Custom | Action::Audit, true) => {
            "requests that it is meant for pass by the policy"
        }
        (_, false) => "the policy exempts nothing",
    }
}

/// Why a path matches nothing, and what was probably meant.
struct Fault {
    because: &'static str,
    instead: String,
}

fn fault(path: &str) -> Option<Fault> {
    if let Some((scheme, rest)) = path.split_once("://")
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric())
    {
        let path = rest.find('/').and_then(|at| rest.get(at..));
        return Some(Fault {
            because: "it is a URL, and only its path is compared",
            instead: path.unwrap_or("/*").to_owned(),
        });
    }
    if let Some(at) = path.find(['?', '#']) {
        let before = path.get(..at).filter(|before| !before.is_empty());
        return Some(Fault {
            because: "query and fragment are no part of the path that is compared",
            instead: before.unwrap_or("/").to_owned(),
        });
    }
    if !path.is_empty() && !path.starts_with(['/', '*', '{']) {
        return Some(Fault {
            because: "paths begin with /",
            instead: format!("/{path}"),
        });
    }
    let is_template = path.contains("{*}") || path.contains("{**}");
    let inner = path.strip_prefix('*').unwrap_or(path);
    let inner = inner.strip_suffix('*').unwrap_or(inner);
    (!is_template && inner.contains('*')).then(|| Fault {
        because: "a star within a path stands for itself",
        instead: as_template(path),
    })
}

/// The path with its stars as variables of a template: `{*}` for one part of a path, `{**}` at an
/// end.
fn as_template(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let last = parts.len() - 1;
    let parts = parts.iter().enumerate().map(|(at, part)| match *part {
        "*" if at == last => "{**}".to_owned(),
        "**" => "{**}".to_owned(),
        part => part.replace('*', "{*}"),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn paths_that_can_match_are_left_alone() {
        for path in [
            "/",
            "/api",
            "/api/*",
            "*",
            "*/info",
            "/pkg.Service/Method",
            "/a/{*}/b",
            "/a/{**}",
            "{*}/x",
            "",
        ] {
            assert!(fault(path).is_none(), "{path}");
        }
    }

    #[test]
    fn what_was_meant_is_guessed() {
        for (path, meant) in [
            ("api/*", "/api/*"),
            ("/search?q=*", "/search"),
            ("/page#top", "/page"),
            ("https://shop.example.com/api/*", "/api/*"),
            ("http://shop.example.com", "/*"),
            ("/users/*/orders", "/users/{*}/orders"),
            ("/users/*/orders/*", "/users/{*}/orders/{**}"),
            ("/v*/users", "/v{*}/users"),
        ] {
            let found = fault(path).map(|fault| fault.instead);
            assert_eq!(found.as_deref(), Some(meant), "{path}");
        }
    }
}
