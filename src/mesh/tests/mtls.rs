//! Peer policies, namespace-wide and mesh-wide rules, and whether mutual TLS is on.

use crate::mesh::testing::{
    id_of, mesh, mesh_config, namespace, networking, object, peer, service, upstream,
};
use crate::mesh::{Mesh, MtlsStatus};
use crate::model::Labels;
use crate::model::security::MtlsMode;

fn rule(name: &str, host: &str, mode: &str) -> String {
    let tls = format!("trafficPolicy: {{tls: {{mode: {mode}}}}}");
    networking("DestinationRule", name, &format!("host: '{host}', {tls}"))
}

fn has_mtls(mesh: &Mesh, labels: &str) -> bool {
    let labels: Labels = serde_yaml::from_str(labels).unwrap();
    mesh.security
        .has_mtls(mesh.places.id("a").unwrap(), &labels)
}

#[test]
fn mtls_of_a_namespace_by_modes() {
    let own = |mode: &str| {
        if mode == "-" {
            String::new()
        } else {
            peer("a/default", &format!("mtls: {{mode: {mode}}}"))
        }
    };
    let mesh_wide = |mode: &str| {
        if mode == "-" {
            String::new()
        } else {
            peer("istio-system/default", &format!("mtls: {{mode: {mode}}}"))
        }
    };
    let client = |name: &str, host: &str, mode: &str| {
        if mode == "-" {
            String::new()
        } else {
            rule(name, host, mode)
        }
    };
    for (ns_dr, ns_pa, mesh_dr, mesh_pa, on, off) in [
        ("-", "-", "-", "-", true, false),
        ("-", "-", "ISTIO_MUTUAL", "STRICT", true, true),
        ("-", "-", "DISABLE", "-", false, false),
        ("-", "PERMISSIVE", "-", "-", true, false),
        ("-", "STRICT", "-", "-", true, false),
        ("-", "STRICT", "ISTIO_MUTUAL", "-", true, true),
        ("ISTIO_MUTUAL", "-", "-", "-", true, false),
        ("ISTIO_MUTUAL", "-", "-", "STRICT", true, true),
        ("ISTIO_MUTUAL", "-", "-", "PERMISSIVE", false, false),
        ("MUTUAL", "STRICT", "-", "-", true, true),
        ("-", "DISABLE", "-", "-", false, false),
        ("-", "UNSET", "-", "-", false, false),
        ("SIMPLE", "STRICT", "-", "-", false, false),
    ] {
        let yaml = namespace("a", "istio-injection: enabled")
            + &own(ns_pa)
            + &mesh_wide(mesh_pa)
            + &client("a/ns", "*.a.svc.cluster.local", ns_dr)
            + &client("a/mesh", "*.local", mesh_dr);
        let case = format!("{ns_dr} {ns_pa} {mesh_dr} {mesh_pa}");
        assert_eq!(has_mtls(&upstream(&yaml), "{}"), on, "{case}");
        let yaml = yaml + &mesh_config("enableAutoMtls: false");
        assert_eq!(has_mtls(&upstream(&yaml), "{}"), off, "auto off: {case}");
    }
}

#[test]
fn selectors_decide_before_the_namespace() {
    let base = namespace("a", "istio-injection: enabled")
        + &mesh_config("enableAutoMtls: false")
        + &service("a/s", "app: x");
    let with = |mode: &str| {
        peer(
            "a/x",
            &format!("selector: {{matchLabels: {{app: x}}}}, mtls: {{mode: {mode}}}"),
        )
    };
    let strict = upstream(&(base.clone() + &with("STRICT")));
    assert!(has_mtls(&strict, "{app: x}"));
    assert!(!has_mtls(&strict, "{}"));
    let permissive = base + &with("PERMISSIVE") + &rule("a/s", "s", "ISTIO_MUTUAL");
    assert!(has_mtls(&upstream(&permissive), "{app: x, version: v1}"));
}

#[test]
fn wide_rules_are_found_where_they_are_visible() {
    let yaml = namespace("a", "istio-injection: enabled")
        + &namespace("b", "istio-injection: enabled")
        + &rule("b/all", "*.a.svc.cluster.local", "MUTUAL")
        + &rule("b/home", "*.a.svc.cluster.local", "DISABLE")
            .replace("host:", "exportTo: [.], host:")
        + &networking(
            "DestinationRule",
            "b/silent",
            "host: '*.a.svc.cluster.local'",
        );
    let mesh = upstream(&yaml);
    let id = |name| mesh.places.id(name).unwrap();
    assert_eq!(
        mesh.security.namespace_wide_rules(id("a"), id("a")).count(),
        1
    );
    assert_eq!(
        mesh.security.namespace_wide_rules(id("a"), id("b")).count(),
        2
    );
}

#[test]
fn old_policies_stand_in_for_new_ones() {
    let policy = |kind: &str, name: &str, spec: &str| {
        object(
            &format!("authentication.istio.io/v1alpha1 {kind}"),
            name,
            &format!("spec: {{{spec}}}"),
        )
    };
    let strict = "peers: [{mtls: {}}]";
    for (yaml, namespace_mode, mesh_mode) in [
        (
            policy("Policy", "a/default", strict),
            Some(MtlsMode::Strict),
            None,
        ),
        (policy("Policy", "a/other", strict), None, None),
        (
            policy("Policy", "a/default", ""),
            Some(MtlsMode::Disable),
            None,
        ),
        (
            policy("MeshPolicy", "default", strict),
            None,
            Some(MtlsMode::Strict),
        ),
        (
            policy(
                "Policy",
                "a/default",
                "peers: [{jwt: {}}, {mtls: {mode: PERMISSIVE}}]",
            ),
            Some(MtlsMode::Permissive),
            None,
        ),
        (
            policy("Policy", "a/default", strict) + &peer("a/new", "mtls: {mode: DISABLE}"),
            Some(MtlsMode::Disable),
            None,
        ),
    ] {
        let mesh = upstream(&(namespace("a", "istio-injection: enabled") + &yaml));
        let id = mesh.places.id("a").unwrap();
        let wide =
            |list: &[crate::mesh::PeerPolicy]| list.iter().find_map(crate::mesh::PeerPolicy::wide);
        assert_eq!(
            wide(mesh.security.peer_policies(id)),
            namespace_mode,
            "{yaml}"
        );
        assert_eq!(
            wide(mesh.security.mesh_peer_policies(id)),
            mesh_mode,
            "{yaml}"
        );
    }
    let targeted = policy(
        "Policy",
        "a/any",
        "targets: [{name: s}, {name: none}], peers: [{mtls: null}]",
    );
    let mesh = upstream(&(service("a/s", "app: x") + &targeted));
    let policies = mesh.security.peer_policies(mesh.places.id("a").unwrap());
    assert_eq!(policies.len(), 1);
    assert_eq!(policies[0].mode, Some(MtlsMode::Strict));
    assert_eq!(policies[0].mode_path().to_string(), "spec/peers[0]/mtls");
}

#[test]
fn an_empty_selector_is_none_outside_upstream_mode() {
    let yaml = peer("a/default", "selector: {}, mtls: {mode: STRICT}");
    let wide = |mesh: &Mesh| mesh.security.peer_policies(mesh.places.id("a").unwrap())[0].wide();
    assert_eq!(wide(&upstream(&yaml)), None);
    assert_eq!(wide(&mesh(&yaml)), Some(MtlsMode::Strict));
}

#[test]
fn status_of_mesh_and_namespaces() {
    let yaml = namespace("a", "istio-injection: enabled")
        + &namespace("b", "istio-injection: enabled")
        + &peer("istio-system/default", "mtls: {mode: STRICT}")
        + &peer("b/default", "mtls: {mode: PERMISSIVE}");
    let mesh = upstream(&yaml);
    let status = |name| {
        mesh.security
            .namespace_mtls_status(mesh.places.id(name).unwrap(), |_| false)
    };
    assert_eq!(status("a"), MtlsStatus::UnsetInheritedStrict);
    assert_eq!(status("b"), MtlsStatus::PartiallyEnabled);
    assert_eq!(status("istio-system"), MtlsStatus::Enabled);
    let bad = id_of(&mesh, "default");
    let b = mesh.places.id("b").unwrap();
    let invalid = |id| id != bad;
    assert_eq!(
        mesh.security.namespace_mtls_status(b, invalid),
        MtlsStatus::ValidationError
    );
}
