//! What a request meets at a gateway: pods, servers, and the VirtualServices bound to them.

use crate::mesh::Mesh;
use crate::mesh::testing::{deployment, mesh, names, networking, object};
use crate::mesh::workloads::WorkloadId;
use crate::model::Object;
use crate::model::networking::{Gateway, RuleKind, VirtualService};

fn gateway<'m>(mesh: &'m Mesh, name: &str) -> &'m Object<Gateway> {
    mesh.named("edge", name).gateways().unwrap()
}

fn virtual_service(mesh: &Mesh) -> &Object<VirtualService> {
    mesh.objects.virtual_services.first().unwrap()
}

const SERVER: &str = "port: {number: 80, name: http, protocol: HTTP}";

fn public(rest: &str) -> String {
    let servers = format!("servers: [{{{SERVER}, hosts: [shop.example.com, shop/*.shop.test]}}]");
    networking(
        "Gateway",
        "edge/public",
        &format!("selector: {{istio: in}}, {servers}{rest}"),
    )
}

fn pods() -> String {
    let spec = "spec: {selector: {istio: in}, ports: [{name: http, port: 80, targetPort: web}]}";
    let pod = "spec: {template: {metadata: {labels: {istio: in}}, spec: {containers: [\
        {name: a, ports: [{name: web, containerPort: 8080}]}]}}}";
    object("apps/v1 Deployment", "edge/in", pod) + &object("v1 Service", "edge/in", spec)
}

#[test]
fn pods_listen_where_their_service_leads() {
    let mesh = mesh(&(pods() + &public("")));
    let pods = mesh.routing.gateway_pods(gateway(&mesh, "public"));
    assert!(pods.are_shown());
    let id: WorkloadId = pods.workloads[0];
    assert_eq!(mesh.routing.listening_port(id, 80), 8080);
    assert_eq!(mesh.routing.listening_port(id, 443), 443);
    assert_eq!(names(mesh.routing.gateways_taking(id)), ["edge/public"]);
    assert!(mesh.routing.listens(id, 8080) && !mesh.routing.listens(id, 80));
    let servers = |host, namespace| mesh.routing.servers_at(id, 8080, host, namespace).unwrap();
    assert_eq!(servers("shop.example.com", "any").len(), 1);
    assert_eq!(servers("*.example.com", "any").len(), 1);
    assert!(servers("blog.example.com", "any").is_empty());
    assert_eq!(servers("a.shop.test", "shop").len(), 1);
    assert!(servers("a.shop.test", "any").is_empty());
}

#[test]
fn gateways_without_pods_in_the_input_are_not_shown() {
    let mesh = mesh(&(deployment("edge/other", "istio: out") + &public("")));
    assert!(
        !mesh
            .routing
            .gateway_pods(gateway(&mesh, "public"))
            .are_shown()
    );
}

#[test]
fn servers_take_rules_by_what_they_do_with_tls() {
    for (protocol, tls, takes) in [
        ("HTTP", "", Some(RuleKind::Http)),
        ("GRPC", "", Some(RuleKind::Http)),
        ("HTTPS", "{mode: SIMPLE}", Some(RuleKind::Http)),
        ("HTTPS", "{mode: PASSTHROUGH}", Some(RuleKind::Tls)),
        ("TLS", "{mode: PASSTHROUGH}", Some(RuleKind::Tls)),
        ("TLS", "{mode: MUTUAL}", Some(RuleKind::Tcp)),
        ("TLS", "{mode: AUTO_PASSTHROUGH}", None),
        ("TCP", "", Some(RuleKind::Tcp)),
        ("MONGO", "", Some(RuleKind::Tcp)),
    ] {
        let tls = if tls.is_empty() {
            String::new()
        } else {
            format!(", tls: {tls}")
        };
        let server = format!("{{port: {{number: 1, protocol: {protocol}}}, hosts: ['*']{tls}}}");
        let spec = format!("selector: {{istio: in}}, servers: [{server}]");
        let mesh = mesh(&networking("Gateway", "edge/public", &spec));
        let server = mesh.routing.server(gateway(&mesh, "public"), 0).unwrap();
        assert_eq!(server.takes(), takes, "{protocol}{tls}");
    }
}

#[test]
fn matches_narrow_where_rules_act() {
    let rules = "http: [{match: [{gateways: [edge/public]}]}, {match: [{gateways: [mesh]}]}, \
        {match: [{gateways: [edge/other]}]}, {}]";
    let spec = format!("hosts: [shop.example.com], gateways: [edge/public, mesh, gone], {rules}");
    let other = networking("Gateway", "edge/other", "selector: {istio: in}");
    let mesh = mesh(&(public("") + &other + &networking("VirtualService", "shop/a", &spec)));
    let service = virtual_service(&mesh);
    let binding = mesh.routing.binding(service);
    assert_eq!(names(binding.gateways.iter().copied()), ["edge/public"]);
    assert!(binding.is_for_mesh && binding.has_unknown);
    let acts: Vec<(usize, bool, bool)> = service
        .spec
        .rules()
        .map(|rule| {
            let acts = mesh.routing.rule_acts(service, &binding, &rule);
            let count = acts.gateways(&binding).len();
            (count, acts.in_sidecars, acts.elsewhere)
        })
        .collect();
    let expected = [
        (1, false, false),
        (0, true, false),
        (0, false, false),
        (1, true, true),
    ];
    assert_eq!(acts, expected);
}

#[test]
fn virtual_services_are_found_by_gateway_and_host() {
    let bound = "gateways: [edge/public], http: [{}]";
    let yaml = public("")
        + &networking(
            "VirtualService",
            "shop/a",
            &format!("hosts: [a.test, short], {bound}"),
        )
        + &networking(
            "VirtualService",
            "shop/b",
            &format!("hosts: ['*.test'], {bound}"),
        )
        + &networking("VirtualService", "shop/c", "hosts: [a.test]");
    let mesh = mesh(&yaml);
    let gateway = gateway(&mesh, "public");
    let bound = |host| names(mesh.routing.bound_with_host(gateway, host));
    assert_eq!(bound("a.test"), ["shop/a", "shop/b"]);
    assert_eq!(bound("b.test"), ["shop/b"]);
    assert_eq!(bound("short.shop.svc.cluster.local"), ["shop/a"]);
    assert!(!mesh.routing.has_open_bindings());
}
