//! Which namespaces exist, are known and are managed, and what the mesh config says.

use crate::mesh::testing::{build, deployment, mesh, mesh_config, namespace, object, upstream};
use crate::mesh::{AutoMtls, Mesh, Quirks, Settings};

fn managed(mesh: &Mesh) -> Vec<&str> {
    let mut names: Vec<_> = mesh
        .places
        .managed()
        .map(|(_, n)| n.name.as_str())
        .collect();
    names.sort_unstable();
    names
}

fn istiod(revision: &str, env: &str) -> String {
    let labels = format!("metadata: {{labels: {{app: istiod{revision}}}}}\n");
    let spec = format!(
        "spec: {{template: {{spec: {{containers: [{{name: discovery, env: [{env}]}}]}}}}}}"
    );
    object(
        "apps/v1 Deployment",
        "istio-system/istiod",
        &(labels + &spec),
    )
}

const SOME: [(&str, &str); 9] = [
    ("injected", "istio-injection: enabled"),
    ("revised", "istio.io/rev: canary"),
    ("tagged", "istio.io/rev: prod"),
    ("ambient", "istio.io/dataplane-mode: ambient"),
    ("off", "istio-injection: disabled"),
    (
        "off-revised",
        "istio-injection: disabled, istio.io/rev: canary",
    ),
    ("plain", ""),
    ("kube-system", "istio-injection: enabled"),
    ("member", "maistra.io/member-of: canary"),
];

fn some_namespaces() -> String {
    SOME.iter()
        .map(|(name, labels)| namespace(name, labels))
        .collect()
}

#[test]
fn an_implied_control_plane_manages_every_revision() {
    let yaml = some_namespaces() + &deployment("undeclared/app", "app: a");
    assert_eq!(
        managed(&upstream(&yaml)),
        [
            "ambient",
            "injected",
            "istio-system",
            "member",
            "off-revised",
            "revised",
            "tagged",
            "undeclared"
        ]
    );
    assert_eq!(
        managed(&mesh(&yaml)),
        [
            "ambient",
            "injected",
            "istio-system",
            "kube-system",
            "member",
            "off-revised",
            "plain",
            "revised",
            "tagged",
            "undeclared"
        ]
    );
}

#[test]
fn a_control_plane_manages_its_revision() {
    let yaml = some_namespaces() + &istiod(", istio.io/rev: canary", "");
    assert_eq!(
        managed(&upstream(&yaml)),
        ["istio-system", "member", "off-revised", "revised"]
    );
}

#[test]
fn a_tag_takes_the_place_of_the_revision_upstream() {
    let tag = object(
        "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration",
        "tag",
        "metadata: {labels: {istio.io/tag: prod, istio.io/rev: canary}}\n",
    );
    let yaml = some_namespaces() + &istiod(", istio.io/rev: canary", "") + &tag;
    assert_eq!(managed(&upstream(&yaml)), ["istio-system", "tagged"]);
    assert!(managed(&mesh(&yaml)).contains(&"revised"));
}

#[test]
fn istiod_without_a_revision_manages_no_labelled_namespace() {
    let yaml = some_namespaces() + &istiod("", "");
    assert_eq!(managed(&upstream(&yaml)), ["istio-system"]);
}

#[test]
fn discovery_selectors_narrow_the_mesh() {
    let config =
        mesh_config("discoverySelectors: [{matchLabels: {kubernetes.io/metadata.name: injected}}]");
    let yaml = some_namespaces() + &config;
    assert_eq!(managed(&upstream(&yaml)), ["injected", "istio-system"]);
    assert_eq!(managed(&mesh(&yaml)), ["injected", "istio-system"]);
}

#[test]
fn system_namespaces_are_unknown_upstream() {
    let yaml = some_namespaces();
    assert!(!upstream(&yaml).places.is_known("kube-system"));
    assert!(mesh(&yaml).places.is_known("kube-system"));
    assert!(!mesh(&yaml).places.is_known("nowhere"));
}

#[test]
fn the_root_namespace_comes_from_the_mesh_config() {
    let mesh = upstream(
        &(mesh_config("rootNamespace: root") + &namespace("a", "istio-injection: enabled")),
    );
    let namespaces = &mesh.places;
    let id = namespaces.id("a").unwrap();
    assert_eq!(namespaces.root_of(id), namespaces.id("root"));
    assert!(namespaces.find("root").unwrap().is_managed());
}

#[test]
fn ztunnel_makes_the_control_plane_namespace_follow_istiod() {
    let ztunnel = object(
        "apps/v1 DaemonSet",
        "istio-system/ztunnel",
        "metadata: {labels: {app.kubernetes.io/name: ztunnel}}\nspec: {}",
    );
    let labelled = namespace("istio-system", "istio.io/dataplane-mode: ambient");
    let enabled = "{name: PILOT_ENABLE_AMBIENT, value: 'True'}";
    for (yaml, expected) in [
        (labelled.clone() + &istiod("", ""), true),
        (labelled.clone() + &istiod("", "") + &ztunnel, false),
        (istiod("", enabled) + &ztunnel, true),
        (istiod("", enabled), false),
    ] {
        let mesh = upstream(&yaml);
        assert_eq!(
            mesh.places.find("istio-system").unwrap().is_ambient,
            expected,
            "{yaml}"
        );
    }
}

#[test]
fn auto_mtls_is_on_off_or_unknown() {
    let legacy = object(
        "authentication.istio.io/v1alpha1 Policy",
        "a/default",
        "spec: {}",
    );
    for (yaml, default, in_upstream) in [
        (String::new(), AutoMtls::Unknown, AutoMtls::On),
        (mesh_config(""), AutoMtls::On, AutoMtls::On),
        (
            mesh_config("enableAutoMtls: false"),
            AutoMtls::Off,
            AutoMtls::Off,
        ),
        (legacy.clone(), AutoMtls::Off, AutoMtls::Off),
        (
            legacy + &mesh_config("enableAutoMtls: true"),
            AutoMtls::On,
            AutoMtls::On,
        ),
    ] {
        let planes = |mesh: &Mesh| mesh.places.control_planes()[0].auto_mtls;
        assert_eq!(planes(&mesh(&yaml)), default, "{yaml}");
        assert_eq!(planes(&upstream(&yaml)), in_upstream, "{yaml}");
    }
}

#[test]
fn a_shared_config_supplies_what_the_other_leaves_out() {
    let shared = object(
        "v1 ConfigMap",
        "istio-system/shared",
        "data: {mesh: '{trustDomain: shared, rootNamespace: root}'}",
    );
    let env = "{name: SHARED_MESH_CONFIG, value: shared}";
    let yaml = istiod("", env) + &mesh_config("trustDomain: own") + &shared;
    let mesh = upstream(&yaml);
    let plane = &mesh.places.control_planes()[0];
    assert_eq!(plane.config.trust_domain, "own");
    assert_eq!(mesh.places.name(plane.root_namespace), "root");
    assert_eq!(mesh.registry.identity_domain, "svc.own");
}

#[test]
fn a_broken_field_does_not_cost_the_others() {
    let yaml = mesh_config("trustDomain: own, enableAutoMtls: perhaps");
    let plane = &mesh(&yaml).places.control_planes()[0].clone();
    assert_eq!(plane.config.trust_domain, "own");
    assert_eq!(plane.problems[0].field, "enableAutoMtls");
    let plane = &upstream(&yaml).places.control_planes()[0].clone();
    assert_eq!(plane.config.trust_domain, "cluster.local");
}

#[test]
fn operators_hold_a_mesh_config_too() {
    let yaml = object(
        "install.istio.io/v1alpha1 IstioOperator",
        "istio-system/install",
        "spec: {meshConfig: {enableAutoMtls: false}}",
    );
    assert_eq!(
        mesh(&yaml).places.control_planes()[0].auto_mtls,
        AutoMtls::Off
    );
}

#[test]
fn an_identity_domain_is_not_the_trust_domain() {
    let yaml = mesh_config("trustDomain: example.org");
    assert_eq!(mesh(&yaml).registry.identity_domain, "svc.cluster.local");
    let settings = Settings {
        quirks: Quirks::upstream(),
        identity_domain: Some("svc.k8s".into()),
        ..Settings::default()
    };
    assert_eq!(build(&yaml, settings).registry.identity_domain, "svc.k8s");
}
