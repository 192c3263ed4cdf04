//! IST0149: routes by claims of a JWT where nothing validates the token.

use super::gateway_hosts::reference;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::full_name;
use crate::model::networking::{Gateway, VirtualService};
use crate::model::{Map, Object, Str};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "jwt-claim-route-without-authentication",
    codes: &[Code::IST0149],
    runs: &[Run::Mesh(jwt_claim_route_without_authentication)],
};

fn jwt_claim_route_without_authentication(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let mut gateways = None;
    for service in &mesh.objects.virtual_services {
        if service.broken || mesh.analysis_of(service.id).is_none() {
            continue;
        }
        let Some((claim, path)) = first_claim(service) else {
            continue;
        };
        let gateways = gateways.get_or_insert_with(|| {
            analysis
                .gateways()
                .map(|gateway| ((gateway.namespace(), gateway.name()), gateway))
                .collect::<rustc_hash::FxHashMap<_, &Object<Gateway>>>()
        });
        for name in service.spec.gateways.iter().filter(|name| *name != "mesh") {
            let key = reference(name, service.namespace(), mesh);
            let Some(gateway) = gateways.get(&key) else {
                continue;
            };
            let workloads = analysis.gateway_workloads(&gateway.spec.selector);
            let ids = workloads.map_or(&[][..], |workloads| &workloads.pods);
            let open = analysis
                .pods_by_id(ids)
                .filter(|pod| !analysis.has_request_authentication(pod));
            let most = if mesh.quirks.every_case_is_reported {
                100
            } else {
                1
            };
            for pod in open.take(most) {
                let message = format!(
                    "the route uses the JWT claim {claim}, but no RequestAuthentication validates \
                     tokens at {} {} of Gateway {}",
                    pod.kind,
                    pod.name,
                    full_name(gateway.namespace(), gateway.name())
                );
                findings.push(
                    Finding::new(Code::IST0149, service.id, "", message)
                        .points_at(path.clone())
                        .help("add a RequestAuthentication that selects the gateway's workloads")
                        .related(gateway.id, "metadata/name", "the Gateway"),
                );
            }
        }
    }
}

/// The first header match that names a claim, and where it stands.
fn first_claim(service: &Object<VirtualService>) -> Option<(&str, FieldPath)> {
    for (i, route) in service.spec.http.iter().enumerate() {
        for (j, wanted) in route.matches.iter().enumerate() {
            let lists = [
                ("headers", &wanted.headers),
                ("withoutHeaders", &wanted.without_headers),
            ];
            for (field, headers) in lists {
                if let Some(name) = claim(headers) {
                    return Some((name, path!["spec", "http", i, "match", j, field]));
                }
            }
        }
    }
    None
}

fn claim<T>(headers: &Map<T>) -> Option<&str> {
    headers
        .keys()
        .map(Str::as_str)
        .filter(|name| is_claim(name))
        .min()
}

/// Whether a header name means a claim: `@request.auth.claims.NAME` or `@request.auth.claims[NAME]`.
fn is_claim(name: &str) -> bool {
    const PREFIX: &str = "@request.auth.claims";
    let Some((prefix, rest)) = name.split_at_checked(PREFIX.len()) else {
        return false;
    };
    if !prefix.eq_ignore_ascii_case(PREFIX) {
        return false;
    }
    match rest.strip_prefix('.') {
        Some(claim) => !claim.is_empty(),
        None => rest
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|claim| !claim.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_claim;

    #[test]
    fn claims_are_recognised() {
        for (name, expected) in [
            ("@request.auth.claims.groups", true),
            ("@Request.Auth.Claims[iss]", true),
            ("@request.auth.claims[a][b]", true),
            ("@request.auth.claims", false),
            ("@request.auth.claims.", false),
            ("@request.auth.claims[]", false),
            ("@request.auth.claimsx", false),
            ("x-user", false),
        ] {
            assert_eq!(is_claim(name), expected, "{name}");
        }
    }
}
