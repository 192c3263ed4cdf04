//! Services and ServiceEntries by host, and evidence for what is not found.

use crate::load::Gap;
use crate::mesh::Evidence;
use crate::mesh::testing::{
    build, mesh, mesh_config, names, namespace, networking, object, service, upstream,
};
use crate::mesh::{External, Settings};

#[test]
fn finds_services_by_every_notation() {
    let yaml = service("bookinfo/reviews", "app: reviews")
        + &namespace("test", "istio-injection: enabled")
        + &service("kube-system/kube-dns", "");
    let mesh = upstream(&yaml);
    let observer = mesh.places.id("test").unwrap();
    for (host, expected) in [
        ("reviews", false),
        ("reviews.bookinfo", true),
        ("reviews.bookinfo.svc", true),
        ("reviews.bookinfo.svc.cluster.local", true),
        ("reviews.bookinfo.svc.cluster", false),
        ("*.bookinfo.svc.cluster.local", false),
        ("kube-dns.kube-system", true),
        ("kube-dns2.kube-system", false),
    ] {
        assert_eq!(
            mesh.visibility
                .has_service(&mesh.registry.resolve(host, "test"), observer),
            expected,
            "{host}"
        );
    }
}

#[test]
fn services_are_exported() {
    for (annotation, default, own, other) in [
        (None, "", true, true),
        (Some("."), "", true, false),
        (Some("~"), "", false, false),
        (Some(" , "), "", true, true),
        (Some("b, c"), "", false, true),
        (None, "defaultServiceExportTo: ['.']", true, false),
        (Some("*"), "defaultServiceExportTo: ['.']", true, true),
    ] {
        let note = annotation.map_or(String::new(), |list| {
            format!("metadata: {{annotations: {{networking.istio.io/exportTo: '{list}'}}}}\n")
        });
        let yaml = object("v1 Service", "a/s", &(note + "spec: {}"))
            + &namespace("a", "istio-injection: enabled")
            + &namespace("b", "")
            + &mesh_config(default);
        let mesh = upstream(&yaml);
        let sees = |name| {
            mesh.visibility.has_service(
                &mesh.registry.resolve("s.a", "a"),
                mesh.places.id(name).unwrap(),
            )
        };
        assert_eq!(
            (sees("a"), sees("b")),
            (own, other),
            "{annotation:?} {default}"
        );
    }
}

#[test]
fn service_entries_cover_hosts() {
    let yaml = networking("ServiceEntry", "a/exact", "hosts: [google.com]")
        + &networking("ServiceEntry", "a/wild", "hosts: ['*.wild.org']");
    let (upstream, default) = (upstream(&yaml), mesh(&yaml));
    for (host, in_upstream, by_default) in [
        ("google.com", true, true),
        ("www.google.com", true, false),
        ("notgoogle.com", true, false),
        ("a.wild.org", true, true),
        ("a.b.wild.org", true, true),
        ("*.wild.org", true, true),
        ("wild.org", false, false),
    ] {
        let found = |mesh: &crate::mesh::Mesh| {
            mesh.registry
                .service_entries_covering(&mesh.registry.resolve(host, "a"))
                .next()
                .is_some()
        };
        assert_eq!(
            (found(&upstream), found(&default)),
            (in_upstream, by_default),
            "{host}"
        );
    }
    let within = |wildcard| default.registry.service_entries_within(wildcard).count();
    assert_eq!((within("*.com") > 0, within("*.net")), (true, 0));
}

#[test]
fn finds_rules_by_host() {
    let rule = |name, host| networking("DestinationRule", name, &format!("host: '{host}'"));
    let yaml = rule("a/short", "reviews")
        + &rule("b/long", "reviews.a.svc.cluster.local")
        + &rule("b/other", "reviews")
        + &rule("a/all", "*")
        + &rule("b/mesh", "*.local")
        + &rule("b/external", "www.google.com")
        + &rule("b/wild", "*.google.com");
    let mesh = upstream(&yaml);
    let host = mesh.registry.resolve("reviews.a", "x");
    assert_eq!(
        names(mesh.routing.destination_rules_for(host)),
        ["a/short", "b/long"]
    );
    assert_eq!(
        names(mesh.routing.destination_rules_covering(host)),
        ["a/short", "b/long", "a/all", "b/mesh"]
    );
    let host = mesh.registry.resolve("www.google.com", "x");
    assert_eq!(
        names(mesh.routing.destination_rules_covering(host)),
        ["b/external", "b/wild"]
    );
}

#[test]
fn finds_virtual_services_by_host() {
    let yaml = networking("VirtualService", "a/short", "hosts: [reviews]")
        + &networking(
            "VirtualService",
            "b/wild",
            "hosts: ['*.b.svc.cluster.local', '*.org']",
        );
    let mesh = upstream(&yaml);
    let observer = mesh.places.id("a").unwrap();
    for (host, expected) in [
        ("reviews.a", true),
        ("reviews", true),
        ("ratings", false),
        ("anything.b", true),
        ("www.x.org", true),
        ("www.x.com", false),
    ] {
        assert_eq!(
            mesh.routing
                .has_virtual_service(mesh.registry.resolve(host, "a"), observer),
            expected,
            "{host}"
        );
    }
}

#[test]
fn evidence_says_what_the_input_does_not_show() {
    let yaml = service("a/s", "app: s") + &object("v1 ConfigMap", "b/c", "data: {}");
    let plain = mesh(&yaml);
    assert_eq!(plain.evidence.knows_hosts_in("a"), Evidence::Shown);
    assert_eq!(
        plain.evidence.knows_hosts_in("b"),
        Evidence::NotShown("namespace b has no Services in the input".into())
    );
    assert_eq!(
        plain.evidence.knows_host(&plain.registry.resolve("x", "a")),
        Evidence::Shown
    );
    assert!(matches!(
        plain.evidence.knows_workloads_in("a"),
        Evidence::NotShown(_)
    ));
    assert!(matches!(
        plain.evidence.knows_namespaces(),
        Evidence::NotShown(_)
    ));
    assert_eq!(
        upstream(&yaml).evidence.knows_hosts_in("b"),
        Evidence::Shown
    );

    let settings = Settings {
        gaps: vec![Gap {
            kind: "Service".into(),
            namespace: Some("a".into()),
            ..Gap::default()
        }],
        external: External {
            hosts: vec!["*.legacy.svc.cluster.local".into()],
            ..External::default()
        },
        ..Settings::default()
    };
    let mesh = build(&yaml, settings);
    assert!(matches!(
        mesh.evidence.knows_hosts_in("a"),
        Evidence::Unseen { .. }
    ));
    let host = mesh.registry.resolve("x.legacy.svc", "a");
    assert!(matches!(
        mesh.evidence.knows_host(&host),
        Evidence::NotShown(_)
    ));
}
