//! Who sees what: exportTo, classes of namespaces, import scopes.

use crate::mesh::testing::{id_of, mesh, mesh_config, names, namespace, networking, upstream};
use crate::mesh::{Mesh, ScopeClass};

fn two() -> String {
    namespace("a", "istio-injection: enabled") + &namespace("b", "istio-injection: enabled")
}

#[test]
fn export_to_decides_who_sees() {
    for (export, config, own, other) in [
        ("", "", true, true),
        ("exportTo: ['*']", "", true, true),
        ("exportTo: [.]", "", true, false),
        ("exportTo: [b]", "", false, true),
        ("exportTo: [nowhere]", "", true, true),
        ("exportTo: ['~']", "", true, true),
        ("", "defaultVirtualServiceExportTo: ['.']", true, false),
    ] {
        let yaml = two() + &mesh_config(config) + &networking("VirtualService", "a/vs", export);
        let mesh = upstream(&yaml);
        let sees = |name| {
            mesh.visibility
                .is_visible(id_of(&mesh, "vs"), mesh.places.id(name).unwrap())
        };
        assert_eq!((sees("a"), sees("b")), (own, other), "{export} {config}");
    }
}

#[test]
fn exported_to_nobody_is_seen_by_nobody() {
    let mesh = mesh(&(two() + &networking("VirtualService", "a/vs", "exportTo: ['~']")));
    assert!(!mesh.visibility.is_seen(id_of(&mesh, "vs")));
}

#[test]
fn ambient_objects_stay_at_home() {
    let yaml = two()
        + &namespace("c", "istio.io/dataplane-mode: ambient")
        + &networking("DestinationRule", "c/dr", "host: x");
    let mesh = upstream(&yaml);
    let sees = |name| {
        mesh.visibility
            .is_visible(id_of(&mesh, "dr"), mesh.places.id(name).unwrap())
    };
    assert!(sees("c") && !sees("a"));
}

fn classes(mesh: &Mesh) -> Vec<Vec<&str>> {
    let name = |id: &crate::mesh::NamespaceId| mesh.places.name(*id).as_str();
    mesh.visibility
        .visibility_classes()
        .iter()
        .map(|class| class.members.iter().map(name).collect())
        .collect()
}

#[test]
fn namespaces_that_see_the_same_share_a_class() {
    let yaml = two()
        + &namespace("c", "istio-injection: enabled")
        + &networking("ServiceEntry", "a/common", "hosts: [x.org]")
        + &networking("ServiceEntry", "a/special", "hosts: [y.org], exportTo: [c]")
        + &networking("ServiceEntry", "a/last", "hosts: [z.org]");
    let mesh = upstream(&yaml);
    let classes = classes(&mesh);
    assert_eq!(classes.len(), 2);
    assert!(classes.contains(&vec!["c"]));
    let c = mesh.places.id("c").unwrap();
    let class = mesh.visibility.scope_class_of(c).unwrap();
    let seen = names(mesh.visibility.seen_from(class).service_entries());
    assert_eq!(seen, ["a/common", "a/special", "a/last"]);
    let class = &mesh.visibility.visibility_classes()[class.visibility_class];
    assert_eq!(
        names(mesh.visibility.seen_only_by(class).service_entries()),
        ["a/special"]
    );
}

/// The DestinationRules that a scope class sees and imports.
fn imported(mesh: &Mesh, class: &ScopeClass) -> Vec<String> {
    let rules = mesh.objects.destination_rules.iter();
    names(rules.filter(|rule| {
        let visibility = &mesh.visibility;
        visibility.is_visible(rule.id, class.representative())
            && visibility.is_rule_imported(rule, class)
    }))
}

#[test]
fn sidecars_limit_what_a_view_imports() {
    let rule = |name, host: &str| networking("DestinationRule", name, &format!("host: '{host}'"));
    let yaml = two()
        + &namespace("istio-system", "")
        + &rule("a/own", "x")
        + &rule("b/theirs", "x")
        + &rule("b/export", "x.a.svc.cluster.local")
        + &rule("b/external", "www.google.com")
        + &rule("b/hidden", "x.a").replace("host:", "exportTo: [.], host:");
    let limited = |hosts: &str| {
        let sidecar = networking("Sidecar", "a/s", &format!("egress: [{{hosts: [{hosts}]}}]"));
        let mesh = upstream(&(yaml.clone() + &sidecar));
        let class = mesh
            .visibility
            .scope_class_of(mesh.places.id("a").unwrap())
            .unwrap();
        imported(&mesh, class)
    };
    assert_eq!(limited("./*"), ["a/own", "b/export"]);
    assert_eq!(limited("b/*"), ["b/theirs", "b/external"]);
    assert_eq!(limited("'*/*.google.com'"), ["b/external"]);
    assert_eq!(limited("'~/*'").len(), 0);
    assert_eq!(limited("").len(), 4);
}

#[test]
fn a_root_sidecar_holds_for_namespaces_without_one() {
    let yaml = two()
        + &networking("Sidecar", "istio-system/root", "egress: [{hosts: [./*]}]")
        + &networking(
            "Sidecar",
            "b/chosen",
            "workloadSelector: {labels: {a: b}}, egress: [{hosts: ['*/*']}]",
        )
        + &networking("DestinationRule", "a/own", "host: x");
    let mesh = upstream(&yaml);
    let imported = |name| {
        let class = mesh
            .visibility
            .scope_class_of(mesh.places.id(name).unwrap())
            .unwrap();
        imported(&mesh, class)
    };
    assert_eq!(imported("a"), ["a/own"]);
    assert!(imported("b").is_empty());
    assert_eq!(mesh.visibility.scope_classes().len(), 3);
}
