//! From where to judge, which rules decide about subsets, and what is near a missing name.

use crate::mesh::Evidence;
use crate::mesh::testing::{
    deployment, id_of, mesh, namespace, networking, object, service, upstream,
};
use crate::mesh::{Audience, Mesh, NamespaceId, SpecialObservers};

fn observers(mesh: &Mesh, name: &str, special: SpecialObservers) -> Vec<String> {
    let ids = mesh.visibility.observers(id_of(mesh, name), special);
    ids.iter()
        .map(|id| mesh.places.name(*id).to_string())
        .collect()
}

fn id(mesh: &Mesh, namespace: &str) -> NamespaceId {
    mesh.places.id(namespace).unwrap()
}

#[test]
fn objects_are_judged_from_home_from_special_and_from_one_ordinary_namespace() {
    let yaml = ["a", "b", "c", "d"].map(|name| namespace(name, "istio-injection: enabled"));
    let yaml = yaml.concat()
        + &networking("VirtualService", "c/public", "hosts: [x]")
        + &networking(
            "VirtualService",
            "c/private",
            "hosts: [x], exportTo: [a, b]",
        )
        + &networking("VirtualService", "c/hidden", "hosts: [x], exportTo: ['~']");
    let mesh = mesh(&yaml);
    let ordinary = observers(&mesh, "public", SpecialObservers::default());
    assert_eq!(ordinary.len(), 2);
    assert_eq!(ordinary.first().unwrap(), "c");

    let mut special = SpecialObservers::default();
    special.add(id(&mesh, "a"));
    special.add_audience(mesh.visibility.audience(id_of(&mesh, "private")));
    let all = observers(&mesh, "public", special.clone());
    assert_eq!(all.first().unwrap(), "c");
    assert!(all.contains(&"a".to_owned()) && all.contains(&"b".to_owned()));
    assert_eq!(all.len(), 4);

    assert_eq!(observers(&mesh, "private", special), ["a", "b"]);
    assert_eq!(
        observers(&mesh, "hidden", SpecialObservers::default()),
        ["c"]
    );
}

#[test]
fn sidecars_add_observers_where_they_import_from_the_place() {
    let yaml = ["a", "b", "c"].map(|name| namespace(name, "istio-injection: enabled"));
    let yaml = yaml.concat()
        + &networking("Sidecar", "a/default", "egress: [{hosts: ['./*', c/*]}]")
        + &networking("Sidecar", "b/default", "egress: [{hosts: [./*]}]")
        + &networking("VirtualService", "c/vs", "hosts: [x]");
    let mesh = upstream(&yaml);
    let observers = mesh.visibility.importing_observers(
        id_of(&mesh, "vs"),
        &["c"],
        SpecialObservers::default(),
    );
    assert!(observers.contains(&id(&mesh, "a")));
    assert!(!observers.contains(&id(&mesh, "b")));
}

#[test]
fn subsets_are_found_as_istio_looks_rules_up() {
    let rule = |name: &str, rest: &str| networking("DestinationRule", name, rest);
    let yaml = service("shop/cart", "app: cart")
        + &rule(
            "shop/cart",
            "host: cart, subsets: [{name: v1, labels: {v: v1}}]",
        )
        + &rule("team/own", "host: cart.shop.svc.cluster.local")
        + &rule(
            "other/foreign",
            "host: cart.shop.svc.cluster.local, subsets: [{name: v2, labels: {v: v2}}]",
        )
        + &rule(
            "istio-system/wide",
            "host: '*.local', subsets: [{name: v3, labels: {v: v3}}]",
        )
        + &object("v1 ConfigMap", "plain/c", "data: {}")
        + &networking("VirtualService", "plain/vs", "hosts: [x]");
    for (client, subset, default, by_upstream) in [
        ("shop", "v1", true, true),
        ("plain", "v1", true, true),
        ("team", "v1", false, true),
        ("plain", "v2", false, true),
        ("other", "v2", true, true),
        ("plain", "v3", false, true),
        ("plain", "v4", false, false),
    ] {
        for (read, expected) in [(mesh as fn(&str) -> Mesh, default), (upstream, by_upstream)] {
            let mesh = read(&yaml);
            let host = mesh
                .registry
                .resolve("cart.shop.svc.cluster.local", "plain");
            let rules = mesh.routing.rules_of_host(host, id_of(&mesh, "vs"));
            let found = mesh.routing.subset_of_host(&rules, subset);
            assert_eq!(
                mesh.routing.finds_subset(&found, id(&mesh, client)),
                expected,
                "{client} {subset}"
            );
        }
    }
}

#[test]
fn private_objects_matter_to_those_who_see_them() {
    let entry = |name: &str, rest: &str| {
        networking("ServiceEntry", name, &format!("hosts: ['*.x.com'], {rest}"))
    };
    let yaml = entry("a/se-a", "exportTo: [.]")
        + &entry("b/se-b", "exportTo: [.]")
        + &networking("VirtualService", "a/private", "hosts: [x], exportTo: [.]")
        + &networking("VirtualService", "a/public", "hosts: [x]");
    let mesh = mesh(&yaml);
    let host = mesh.registry.resolve("www.x.com", "a");
    let count = |name| {
        mesh.routing
            .service_entries_for(&host, id_of(&mesh, name))
            .len()
    };
    assert_eq!((count("private"), count("public")), (1, 2));
    let ids = ["se-a", "se-b"].map(|name| id_of(&mesh, name));
    let mut expected = [id(&mesh, "a"), id(&mesh, "b")];
    expected.sort();
    assert_eq!(
        mesh.visibility.united_audience(ids.into_iter()),
        Audience::Only(Box::new(expected))
    );
}

#[test]
fn near_names_are_found() {
    let yaml = service("shop/cart", "app: cart")
        + &service("shop/catalogue", "app: catalogue")
        + &networking("Gateway", "edge/public", "selector: {istio: ingress}")
        + &deployment("edge/ingress", "istio: ingress")
        + &networking(
            "VirtualService",
            "shop/vs",
            "hosts: [x], gateways: [edge/public]",
        );
    let mesh = mesh(&yaml);
    let near = |name| {
        let near = mesh.evidence.nearest_service("shop", name)?;
        Some(near.what.name())
    };
    assert_eq!(near("carts"), Some("cart"));
    assert_eq!(near("payments"), None);
    assert_eq!(
        mesh.evidence
            .nearest_namespace("shpo")
            .map(|n| n.what.as_str()),
        Some("shop")
    );
    let service = mesh.named("shop", "vs").virtual_services().unwrap();
    assert_eq!(mesh.routing.gateway_clients(service), [id(&mesh, "edge")]);
}

#[test]
fn manifests_without_a_namespace_may_be_meant_for_another_one() {
    let yaml = service("cart", "app: cart")
        + &service("shop/catalogue", "app: catalogue")
        + &networking("Gateway", "public", "selector: {}")
        + &networking("Gateway", "edge/internal", "selector: {}");
    let mesh = mesh(&yaml);
    let evidence = |name| {
        mesh.evidence
            .knows_host(&mesh.registry.resolve(name, "shop"))
    };
    assert!(matches!(evidence("cart"), Evidence::NotShown(_)));
    assert_eq!(evidence("card"), Evidence::Shown);
    assert!(matches!(
        evidence("cart.shop.svc.clusterset.local"),
        Evidence::NotShown(_)
    ));
    assert!(matches!(
        mesh.evidence.knows_gateway("shop", "public"),
        Evidence::NotShown(_)
    ));
    assert_eq!(
        mesh.evidence.knows_gateway("shop", "internal"),
        Evidence::Shown
    );
}

#[test]
fn a_rule_of_the_client_hides_that_of_the_service_but_not_in_the_root_namespace() {
    let yaml = ["shop", "stock"].map(|name| namespace(name, "istio-injection: enabled"));
    let rule = |name: &str| {
        networking(
            "DestinationRule",
            name,
            "host: depot.stock.svc.cluster.local",
        )
    };
    let yaml = yaml.concat()
        + &service("stock/depot", "app: depot")
        + &rule("shop/own")
        + &rule("stock/theirs")
        + &rule("istio-system/of-the-mesh");
    let mesh = mesh(&yaml);
    let host = mesh.registry.parse("depot", "stock");
    let rules = mesh.routing.rules_of_host(host, id_of(&mesh, "theirs"));
    let read = |client: &str| {
        let rule = mesh.routing.rule_read(&rules, id(&mesh, client));
        rule.map(|rule| rule.name().to_owned())
    };
    assert_eq!(read("shop").as_deref(), Some("own"));
    assert_eq!(read("stock").as_deref(), Some("theirs"));
    assert_eq!(read("istio-system").as_deref(), Some("theirs"));
}

#[test]
fn wildcards_lose_requests_to_hosts_within_them_at_the_same_gateway() {
    let virtual_service = |name: &str, spec: &str| {
        let routes = "http: [{route: [{destination: {host: web}}]}]";
        networking("VirtualService", name, &format!("{spec}, {routes}"))
    };
    let gateway = |name: &str, hosts: &str| {
        let port = "port: {number: 80, name: http, protocol: HTTP}";
        let spec = format!("selector: {{a: b}}, servers: [{{{port}, hosts: {hosts}}}]");
        networking("Gateway", name, &spec)
    };
    let yaml = gateway("edge/all", "['*']")
        + &gateway("edge/docs-only", "['docs/*']")
        + &virtual_service("docs/all", "hosts: ['*'], gateways: [edge/all]")
        + &virtual_service(
            "docs/below",
            "hosts: ['*.example.com'], gateways: [edge/all]",
        )
        + &virtual_service("docs/elsewhere", "hosts: ['*'], gateways: [edge/other]")
        + &virtual_service("docs/apart", "hosts: ['*'], gateways: [edge/docs-only]")
        + &virtual_service(
            "shop/web",
            "hosts: [shop.example.com], gateways: [edge/all, edge/docs-only]",
        );
    let mesh = mesh(&yaml);
    let web = mesh.named("shop", "web").virtual_services().unwrap();
    let found = mesh.routing.shadowed_by(web);
    let names: Vec<&str> = found.iter().map(|one| one.wildcard.name()).collect();
    assert_eq!(names, ["below", "all"]);
}

#[test]
fn routes_are_found_by_their_service_and_by_their_delegate() {
    let yaml = service("shop/web", "app: web")
        + &networking(
            "VirtualService",
            "edge/root",
            "hosts: [a.example.com], http: [{delegate: {name: part, namespace: shop}}]",
        )
        + &networking(
            "VirtualService",
            "shop/part",
            "http: [{route: [{destination: {host: web}}]}]",
        );
    let mesh = mesh(&yaml);
    let web = mesh.named("shop", "web").services().unwrap();
    let routes: Vec<String> = mesh
        .routing
        .routes_to(web)
        .iter()
        .map(|route| route.path.to_string())
        .collect();
    assert_eq!(routes, ["spec/http[0]/route[0]/destination"]);

    let part = mesh.named("shop", "part").virtual_services().unwrap();
    let roots: Vec<&str> = mesh
        .routing
        .delegations_to(part)
        .map(|delegation| delegation.root.name())
        .collect();
    assert_eq!(roots, ["root"]);
}
