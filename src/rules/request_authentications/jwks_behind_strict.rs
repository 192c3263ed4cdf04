//! MESH2013: keys at a server that does not let istiod in.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::security::wire::{Mode, PeerDecision, Target};
use crate::model::Object;
use crate::model::security::{JwtRule, RequestAuthentication};
use crate::path;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "jwks-behind-strict",
    codes: &[Code::MESH2013],
    runs: &[Run::Mesh(jwks_behind_strict)],
};

fn jwks_behind_strict(mesh: &Mesh, findings: &mut Findings) {
    let policies = &mesh.objects.request_authentications;
    if mesh.quirks.run_time_plays_no_part || policies.is_empty() {
        return;
    }
    // Proxies, which have certificates, fetch the keys themselves if istiod is told so.
    let mut told = mesh.places.istiod_settings("PILOT_JWT_ENABLE_REMOTE_JWKS");
    if told.any(|value| !matches!(value.to_ascii_lowercase().as_str(), "" | "false" | "istiod")) {
        return;
    }
    for policy in policies {
        if policy.broken || mesh.is_context(policy.id) {
            continue;
        }
        for (i, rule) in policy.spec.jwt_rules.iter().enumerate() {
            findings.extend(judge(mesh, policy, i, rule));
        }
    }
}

fn judge(
    mesh: &Mesh,
    policy: &Object<RequestAuthentication>,
    i: usize,
    rule: &JwtRule,
) -> Option<Finding> {
    let uri = rule.keys_uri();
    if !rule.jwks.is_empty() || uri.is_empty() || is_unresolved(mesh, uri) {
        return None;
    }
    let (host, number) = address(uri)?;
    let home = mesh.places.namespace_of(policy.id);
    let istiod = mesh.places.control_plane_or_first(home).namespace;
    let host = mesh.registry.resolve(host, mesh.places.name(istiod));
    let target = host
        .complete
        .then(|| mesh.security.wire().target(host.namespace, host.service))??;
    let refused = refused_by(mesh, target, number)?;
    let service = mesh.objects.header(target.object)?;
    let field = if rule.jwks_uri.is_empty() {
        "jwks_uri"
    } else {
        "jwksUri"
    };
    let by = refused
        .as_ref()
        .and_then(|by| mesh.objects.header(by.object));
    let by = by.map_or_else(
        || "its mode is STRICT".to_owned(),
        |own| format!("{} {}/{} is STRICT", own.kind, own.namespace, own.name),
    );
    let message = format!(
        "istiod fetches the keys from {uri} without a certificate of the mesh, and {by}: the fetch \
         fails, and every token is refused"
    );
    let finding = Finding::new(
        Code::MESH2013,
        policy.id,
        path!["spec", "jwtRules", i, field],
        message,
    )
    .help(format!(
        "set portLevelMtls PERMISSIVE for this port of {}, give the keys inline (jwks), or use an \
         address outside the mesh",
        service.name
    ))
    .related(target.object, "metadata/name", "the Service");
    Some(match refused {
        Some(by) => finding.related(by.object, by.path, "the mode of the server"),
        None => finding,
    })
}

/// The policy that makes all workloads behind a port refuse what has no certificate of the mesh;
/// `None` if one of them does not, or there is none.
fn refused_by(mesh: &Mesh, target: &Target, number: i64) -> Option<Option<PeerDecision>> {
    let wire = mesh.security.wire();
    let backends = &wire.backends(target).workloads;
    let ports = wire.ports(target);
    let port = ports.iter().find(|port| port.number() == number)?;
    if backends.is_empty() || !backends.iter().all(|id| wire.is_proxy_settled(*id)) {
        return None;
    }
    let mut by = None;
    for (server, workloads) in wire.backends_alike(target, port) {
        let first = workloads.first()?;
        let accepts = wire.accepts(server, wire.workload_port(port.declared, *first));
        if accepts.mode() != Some(Mode::Strict) {
            return None;
        }
        by = by.or_else(|| accepts.by().cloned());
    }
    Some(by)
}

/// Host and port of a URI.
fn address(uri: &str) -> Option<(&str, i64)> {
    let (scheme, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let standard = if scheme.eq_ignore_ascii_case("https") {
        443
    } else {
        80
    };
    match authority.split_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((authority, standard)),
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_read_from_uris() {
        for (uri, expected) in [
            ("http://idp.auth.svc/keys", Some(("idp.auth.svc", 80))),
            ("https://idp.auth/keys", Some(("idp.auth", 443))),
            ("http://idp.auth:8080", Some(("idp.auth", 8080))),
            ("http://user@idp.auth/keys", Some(("idp.auth", 80))),
            ("http://[::1]:80/keys", None),
            ("keys", None),
        ] {
            assert_eq!(address(uri), expected, "{uri}");
        }
    }
}
