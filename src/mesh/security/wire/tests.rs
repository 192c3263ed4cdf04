//! What clients send, what servers accept, and what comes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::*;
use crate::mesh::Mesh;
use crate::mesh::testing::{deployment, mesh, mesh_config, namespace, networking, object, peer};

/// `client server verdict` of the calls from one workload to the first port of a Service.
fn edges(mesh: &Mesh, from: &str, to: &str) -> Vec<String> {
    let wire = mesh.security.wire();
    let split = |name: &str| {
        let (namespace, name) = name.split_once('/').unwrap();
        (namespace.to_owned(), name.to_owned())
    };
    let (space, name) = split(from);
    let id = mesh.workloads.iter().find(|(_, workload)| {
        workload.name == name && *mesh.places.name(workload.namespace) == space
    });
    let client = wire.client(wire.client_of(id.unwrap().0)).unwrap();
    let (space, name) = split(to);
    let target = wire.target(&space, &name).unwrap();
    let port = wire.ports(target)[0];
    let way = wire.way(client, target, port);
    let backends = wire.backends(target).workloads.iter();
    backends
        .map(|to| {
            let server = wire.server_of(*to);
            let sends = way.to(server, *to);
            let accepts = wire.accepts(server, wire.workload_port(port.declared, *to));
            let verdict = wire.verdict(&way, &sends, server, *to, &port);
            let mode = accepts.mode();
            let mode = mode.map_or_else(|| "no-sidecar".to_owned(), |mode| format!("{mode:?}"));
            format!("{:?} {mode} {verdict:?}", sends.sent)
        })
        .collect()
}

fn edge(mesh: &Mesh, from: &str, to: &str) -> String {
    edges(mesh, from, to).join(", ")
}

fn app(name: &str, labels: &str) -> String {
    let app = name.split_once('/').unwrap().1;
    deployment(name, &format!("app: {app}{labels}"))
}

fn service(name: &str, rest: &str) -> String {
    let app = name.split_once('/').unwrap().1;
    let spec =
        format!("spec: {{selector: {{app: {app}}}, ports: [{{port: 80, name: http}}]{rest}}}");
    object("v1 Service", name, &spec)
}

fn rule(name: &str, spec: &str) -> String {
    networking("DestinationRule", name, spec)
}

/// Namespaces with and without injection, and one in ambient mode; a client in each.
fn base() -> String {
    namespace("in", "istio-injection: enabled")
        + &namespace("two", "istio-injection: enabled")
        + &namespace("out", "")
        + &namespace("amb", "istio.io/dataplane-mode: ambient")
        + &app("in/api", "")
        + &service("in/api", "")
        + &app("amb/api", "")
        + &service("amb/api", "")
        + &app("in/cli", "")
        + &app("two/cli", "")
        + &app("out/cli", "")
        + &app("amb/cli", "")
}

const HOST: &str = "host: api.in.svc.cluster.local";

#[test]
fn automatic_mutual_tls_follows_the_server() {
    let mesh = mesh(&base());
    assert_eq!(edge(&mesh, "two/cli", "in/api"), "Mtls Permissive Mtls");
    assert_eq!(
        edge(&mesh, "out/cli", "in/api"),
        "Plaintext Permissive Plaintext"
    );
    assert_eq!(edge(&mesh, "amb/cli", "amb/api"), "Mtls Permissive Mtls");
    assert_eq!(edge(&mesh, "two/cli", "amb/api"), "Mtls Permissive Mtls");
    assert_eq!(
        edge(&mesh, "amb/cli", "in/api"),
        "Plaintext Permissive Plaintext"
    );
}

#[test]
fn modes_are_inherited_and_ports_are_those_of_the_workload() {
    let port = "{8080: {mode: DISABLE}}";
    let target = object(
        "v1 Service",
        "in/api",
        "spec: {selector: {app: api}, ports: [{port: 80, name: http, targetPort: 8080}]}",
    );
    let base = base().replace(&service("in/api", ""), &target);
    for (policies, expected) in [
        (
            peer("istio-system/default", "mtls: {mode: STRICT}"),
            "Strict",
        ),
        (
            peer("istio-system/default", "mtls: {mode: STRICT}")
                + &peer("in/default", "mtls: {mode: PERMISSIVE}"),
            "Permissive",
        ),
        (
            peer("in/default", "mtls: {mode: STRICT}")
                + &peer(
                    "in/api",
                    "selector: {matchLabels: {app: api}}, mtls: {mode: UNSET}",
                ),
            "Strict",
        ),
        (
            peer(
                "in/api",
                &format!("selector: {{matchLabels: {{app: api}}}}, portLevelMtls: {port}"),
            ),
            "Disable",
        ),
        (
            peer(
                "in/default",
                &format!("mtls: {{mode: STRICT}}, portLevelMtls: {port}"),
            ),
            "Strict",
        ),
        (
            peer(
                "istio-system/api",
                "selector: {matchLabels: {app: api}}, mtls: {mode: STRICT}",
            ),
            "Permissive",
        ),
    ] {
        let mesh = mesh(&(base.clone() + &policies));
        let found = edge(&mesh, "out/cli", "in/api");
        assert!(
            found.contains(&format!(" {expected} ")),
            "{found} {policies}"
        );
    }
}

#[test]
fn the_oldest_policy_wins_even_if_it_says_nothing() {
    let dated = |name: &str, year: u32, mode: &str| {
        object(
            "security.istio.io/v1 PeerAuthentication",
            name,
            &format!(
                "metadata: {{creationTimestamp: '{year}-01-01T00:00:00Z'}}\nspec: {{mtls: {{mode: {mode}}}}}"
            ),
        )
    };
    let yaml = base() + &dated("in/a", 2024, "STRICT") + &dated("in/b", 2023, "UNSET");
    assert_eq!(
        edge(&mesh(&yaml), "out/cli", "in/api"),
        "Plaintext Permissive Plaintext"
    );
}

#[test]
fn rules_are_looked_up_in_three_places() {
    let disable = format!("{HOST}, trafficPolicy: {{tls: {{mode: DISABLE}}}}");
    let mutual = format!("{HOST}, trafficPolicy: {{tls: {{mode: ISTIO_MUTUAL}}}}");
    let wide = "host: '*.local', trafficPolicy: {tls: {mode: DISABLE}}".to_owned();
    let plain = "Plaintext Permissive Plaintext";
    let mtls = "Mtls Permissive Mtls";
    for (rules, two, own) in [
        (rule("in/x", &disable), plain, plain),
        (rule("two/x", &disable), plain, mtls),
        (
            rule("two/x", &mutual) + &rule("in/x", &disable),
            mtls,
            plain,
        ),
        (rule("istio-system/x", &wide), plain, plain),
        (
            rule("istio-system/x", &wide) + &rule("in/x", HOST),
            mtls,
            mtls,
        ),
        (
            rule("in/x", &format!("{disable}, exportTo: ['.']")),
            mtls,
            plain,
        ),
        (
            rule("in/x", &format!("{disable}, exportTo: [two]")),
            plain,
            mtls,
        ),
    ] {
        let mesh = mesh(&(base() + &rules));
        assert_eq!(edge(&mesh, "two/cli", "in/api"), two, "{rules}");
        assert_eq!(edge(&mesh, "in/cli", "in/api"), own, "{rules}");
    }
}

#[test]
fn a_rule_exported_by_the_name_of_its_namespace_stays_beside_one_with_a_selector() {
    let selecting = format!("{HOST}, workloadSelector: {{matchLabels: {{app: cli}}}}");
    let disable = format!("{HOST}, trafficPolicy: {{tls: {{mode: DISABLE}}}}");
    for (exports, expected) in [
        ("[two]", "Mtls Permissive Mtls"),
        ("['.']", "Plaintext Permissive Plaintext"),
    ] {
        let yaml = base()
            + &rule("two/a", &selecting)
            + &rule("two/b", &format!("{disable}, exportTo: {exports}"));
        assert_eq!(
            edge(&mesh(&yaml), "two/cli", "in/api"),
            expected,
            "{exports}"
        );
    }
}

#[test]
fn settings_of_a_port_inherit_nothing() {
    let ports = "portLevelSettings: [{port: {number: 80}}]";
    let spec = format!("{HOST}, trafficPolicy: {{tls: {{mode: ISTIO_MUTUAL}}, {ports}}}");
    let mesh = mesh(&(base() + &rule("in/x", &spec)));
    assert_eq!(edge(&mesh, "two/cli", "in/api"), "Mtls Permissive Mtls");
    let spec = format!("{HOST}, trafficPolicy: {{tls: {{mode: SIMPLE}}, {ports}}}");
    let mesh = self::mesh(&(base() + &rule("in/x", &spec)));
    assert_eq!(
        edge(&mesh, "two/cli", "in/api"),
        "Plaintext Permissive Plaintext"
    );
}

#[test]
fn headless_services_have_one_decision_for_all() {
    let headless = service("in/api", ", clusterIP: None");
    let yaml = base().replace(&service("in/api", ""), &headless);
    let off = peer(
        "in/api",
        "selector: {matchLabels: {app: api}}, mtls: {mode: DISABLE}",
    );
    let mesh = mesh(&(yaml.clone() + &off));
    assert_eq!(edge(&mesh, "two/cli", "in/api"), "Mtls Disable Broken");
    let other = deployment("in/old", "app: api, sidecar.istio.io/inject: 'false'");
    let mesh = self::mesh(&(yaml + &other));
    assert_eq!(
        edge(&mesh, "two/cli", "in/api"),
        "Plaintext Permissive Plaintext, Plaintext no-sidecar Plaintext"
    );
}

#[test]
fn labels_of_the_namespace_and_the_pod_decide_about_injection() {
    let wire_of = |space: &str, pod: &str| {
        let yaml = namespace("n", space) + &deployment("n/x", pod);
        let mesh = mesh(&yaml);
        mesh.security.wire().proxy(WorkloadId(0))
    };
    for (space, pod, expected) in [
        ("istio-injection: enabled", "", Proxy::Sidecar),
        (
            "istio-injection: enabled",
            "sidecar.istio.io/inject: 'false'",
            Proxy::None,
        ),
        (
            "istio-injection: enabled",
            "sidecar.istio.io/inject: 'yes'",
            Proxy::Sidecar,
        ),
        (
            "istio-injection: disabled",
            "sidecar.istio.io/inject: 'true'",
            Proxy::None,
        ),
        ("istio-injection: 'true'", "", Proxy::None),
        ("istio.io/rev: canary", "", Proxy::Sidecar),
        ("", "istio.io/rev: canary", Proxy::Sidecar),
        ("", "sidecar.istio.io/inject: 'true'", Proxy::Sidecar),
        ("", "", Proxy::None),
        ("istio.io/dataplane-mode: ambient", "", Proxy::Ambient),
        (
            "istio.io/dataplane-mode: ambient",
            "istio.io/dataplane-mode: none",
            Proxy::None,
        ),
        (
            "istio.io/dataplane-mode: ambient",
            "sidecar.istio.io/inject: 'true'",
            Proxy::Sidecar,
        ),
    ] {
        assert_eq!(wire_of(space, pod), expected, "{space} {pod}");
    }
}

#[test]
fn sidecars_take_hbone_where_the_mesh_says_so() {
    let yaml = base()
        + &mesh_config("defaultConfig: {proxyMetadata: {ISTIO_META_ENABLE_HBONE: 'true'}}")
        + &peer("in/default", "mtls: {mode: STRICT}");
    assert_eq!(edge(&mesh(&yaml), "amb/cli", "in/api"), "Mtls Strict Mtls");
}

#[test]
fn a_callers_members_are_all_workloads_once() {
    let disable = format!("{HOST}, trafficPolicy: {{tls: {{mode: DISABLE}}}}");
    let mesh = mesh(&(base() + &rule("two/x", &disable)));
    let wire = mesh.security.wire();
    let target = wire.target("in", "api").unwrap();
    let all = wire.callers(|_| true);
    let callers = all.of(target);
    let mut members: Vec<WorkloadId> = callers
        .iter()
        .flat_map(|caller| all.members(caller, target))
        .collect();
    members.sort_unstable();
    let everyone: Vec<WorkloadId> = mesh.workloads.iter().map(|(id, _)| id).collect();
    assert_eq!(members, everyone);
    let counted: usize = callers.iter().map(|caller| caller.count).sum();
    assert_eq!(counted, everyone.len());
}
