//! How far routes get with Gateways, and what grants allow.

use crate::mesh::Mesh;
use crate::mesh::routing::gateway_api::{Answer, Reference, Route};
use crate::mesh::testing::mesh;

const ROUTE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: public, namespace: edge, sectionName: SECTION}]
  hostnames: [shop.example.com]
";

/// What the Gateway with these listeners says to the route, and the names of those that say so.
fn answer(listeners: &str, section: &str) -> (Answer, Vec<String>) {
    let route = ROUTE.replace("SECTION", section);
    let mesh = mesh(&format!(
        "{route}---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: public, namespace: edge}}\nspec:\n  listeners:\n{listeners}"
    ));
    let object = mesh.objects.http_routes.first().unwrap();
    let route = Route::of_http(object);
    let parent = route.parents.first().unwrap();
    let attachment = mesh
        .routing
        .attachment(&route, parent, ("edge", "public"))
        .unwrap();
    let names = attachment.listeners.iter();
    let names = names.map(|(_, listener)| listener.name.to_string());
    (attachment.answer, names.collect())
}

fn listener(name: &str, hostname: &str, protocol: &str, from: &str) -> String {
    format!(
        "  - {{name: {name}, port: 80, hostname: '{hostname}', protocol: {protocol}, allowedRoutes: {{namespaces: {{from: {from}}}}}}}\n"
    )
}

#[test]
fn the_best_answer_of_the_listeners_counts() {
    let refuses = listener("a", "", "HTTP", "Same");
    let tcp = listener("b", "", "TCP", "All");
    let other = listener("c", "*.example.org", "HTTP", "All");
    let fits = listener("d", "*.example.com", "HTTP", "All");
    for (listeners, answer_of_all, names) in [
        (vec![&refuses], Answer::RefusesNamespace, ["a"]),
        (vec![&refuses, &tcp], Answer::RefusesKind, ["b"]),
        (vec![&other, &tcp], Answer::ServesOtherNames, ["c"]),
        (vec![&other, &tcp, &fits], Answer::Takes, ["d"]),
    ] {
        let text: String = listeners.into_iter().map(String::as_str).collect();
        let names = names.map(str::to_owned).to_vec();
        assert_eq!(answer(&text, "''"), (answer_of_all, names));
    }
}

#[test]
fn a_section_name_leaves_one_listener() {
    let fits = listener("a", "*.example.com", "HTTP", "All");
    let other = listener("b", "*.example.org", "HTTP", "All");
    let both = fits + &other;
    assert_eq!(answer(&both, "b").0, Answer::ServesOtherNames);
    assert_eq!(answer(&both, "c").0, Answer::IsNotMeant);
}

#[test]
fn what_is_filled_in_later_fits() {
    let open = listener("a", "${HOST}", "HTTP", "All");
    assert_eq!(answer(&open, "''").0, Answer::Takes);
    let foreign = listener("a", "", "example.com/quic", "All");
    assert_eq!(answer(&foreign, "''").0, Answer::Takes);
}

#[test]
fn a_gateway_with_very_many_listeners_takes_what_comes() {
    let many: String = (0..1001)
        .map(|n| listener(&format!("l{n}"), "*.example.org", "HTTP", "All"))
        .collect();
    assert_eq!(answer(&many, "''").0, Answer::Takes);
}

fn granted(grant: &str, kind: &str, name: &str) -> bool {
    let mesh: Mesh = mesh(&format!(
        "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {{name: g, namespace: store}}\nspec: {grant}"
    ));
    mesh.routing.is_granted(&Reference {
        from_kind: kind,
        from_namespace: "shop",
        kind: "Service",
        namespace: "store",
        name,
    })
}

#[test]
fn a_grant_holds_for_what_it_names() {
    let from = "from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]";
    let all = format!("{{{from}, to: [{{group: '', kind: Service}}]}}");
    assert!(granted(&all, "HTTPRoute", "stock"));
    assert!(!granted(&all, "TCPRoute", "stock"));
    let one = format!("{{{from}, to: [{{group: '', kind: Service, name: stock}}]}}");
    assert!(granted(&one, "HTTPRoute", "stock"));
    assert!(!granted(&one, "HTTPRoute", "cart"));
    let open = one.replace("namespace: shop", "namespace: '${NAMESPACE}'");
    assert!(granted(&open, "HTTPRoute", "stock"));
    let secrets = format!("{{{from}, to: [{{group: '', kind: Secret}}]}}");
    assert!(!granted(&secrets, "HTTPRoute", "stock"));
}
