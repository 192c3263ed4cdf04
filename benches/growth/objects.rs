//! Shapes of many objects that have something in common.

use super::manifests::{
    NETWORKING, SECURITY, deployment, each, head, namespace, object, routes, service, to,
};

pub(crate) fn equal_objects(size: usize) -> String {
    let spec = format!("  hosts: [stock]\n  http:\n{}", to("host: stock"));
    object(NETWORKING, "VirtualService", &spec).repeat(size)
}

pub(crate) fn one_label(size: usize) -> String {
    let services = each(size, |n| {
        let spec = "spec:\n  selector: {app: one}\n  ports: [{name: http, port: 80}]\n";
        head("v1", "Service", &format!("s{n}"), "depot") + spec
    });
    services + &each(size, |n| deployment(&format!("d{n}"), "one"))
}

/// A list of VirtualServices on one line, which `inside` says more of.
fn on_a_line(size: usize, annotation: &str, http: impl Fn(usize) -> String) -> String {
    let items = each(size, |n| {
        let comma = if n == 0 { "" } else { "," };
        format!(
            "{comma}{{\"apiVersion\":\"{NETWORKING}\",\"kind\":\"VirtualService\",\"metadata\":{{\"name\":\"v{n}\",\"namespace\":\"depot\",\"annotations\":{{\"note\":\"{annotation}\"}}}},\"spec\":{{\"hosts\":[\"h{n}\"],\"http\":[{}]}}}}",
            http(n)
        )
    });
    format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{items}]}}")
}

pub(crate) fn objects_on_a_line(size: usize) -> String {
    on_a_line(size, "", |n| {
        format!("{{\"route\":[{{\"destination\":{{\"host\":\"gone{n}\"}}}}]}}")
    })
}

pub(crate) fn wide_characters_on_a_line(size: usize) -> String {
    on_a_line(size, &"ノート".repeat(8), |_| "{\"rout\":1}".to_owned())
}

pub(crate) fn rules_of_one_host(size: usize) -> String {
    each(size, |n| {
        let spec = "spec:\n  host: '*.depot.svc.cluster.local'\n  trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}\n";
        head(NETWORKING, "DestinationRule", &format!("d{n}"), "depot") + spec
    })
}

pub(crate) fn sidecars_of_equal_pods(size: usize) -> String {
    each(size, |n| {
        let sidecar = format!(
            "spec:\n  workloadSelector: {{labels: {{app: one}}}}\n  egress:\n  - hosts: ['*/*', './h{n}']\n"
        );
        let pod = format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}, namespace: depot, labels: {{app: one}}}}\nspec: {{containers: [{{name: main, image: x}}]}}\n"
        );
        head(NETWORKING, "Sidecar", &format!("s{n}"), "depot") + &sidecar + &pod
    })
}

fn strict(name: &str, namespace: &str) -> String {
    head(SECURITY, "PeerAuthentication", name, namespace) + "spec: {mtls: {mode: STRICT}}\n"
}

pub(crate) fn policies_of_a_namespace(size: usize) -> String {
    each(size, |n| strict(&format!("p{n}"), "depot"))
}

pub(crate) fn policies_of_namespaces(size: usize) -> String {
    each(size, |n| {
        let name = format!("n{n}");
        namespace(&name) + &strict("one", &name)
    })
}

pub(crate) fn delegates(size: usize) -> String {
    each(size, |n| {
        let next = (n + 1) % size;
        let spec = format!("spec:\n  http:\n  - delegate: {{name: v{next}}}\n");
        head(NETWORKING, "VirtualService", &format!("v{n}"), "depot") + &spec
    })
}

pub(crate) fn filters(size: usize) -> String {
    each(size, |n| {
        let spec = "spec:\n  configPatches:\n  - {applyTo: HTTP_FILTER, patch: {operation: REPLACE, value: {name: x}}}\n";
        head(
            "networking.istio.io/v1alpha3",
            "EnvoyFilter",
            &format!("f{n}"),
            "depot",
        ) + spec
    })
}

pub(crate) fn near_names(size: usize) -> String {
    let services = each(size, |n| service(&format!("stock-keeping-{n:05}"), "depot"));
    services
        + &routes(
            "  - stock\n",
            &each(size, |n| to(&format!("host: stock-keepinq-{n:05}"))),
        )
}

pub(crate) fn long_near_names(size: usize) -> String {
    let stem = "n".repeat(40);
    let services = each(size, |n| service(&format!("{stem}{n:05}"), "depot"));
    services
        + &routes(
            "  - stock\n",
            &each(size, |n| to(&format!("host: {stem}n{n:05}"))),
        )
}

pub(crate) fn wildcard_hosts(size: usize) -> String {
    each(size, |n| {
        let host = format!("*.{}e{}.com", "a.".repeat(n % 30), n / 30);
        let spec = format!(
            "spec:\n  selector: {{istio: edge}}\n  servers:\n  - {{port: {{number: 443, name: tls, protocol: TLS}}, tls: {{mode: PASSTHROUGH}}, hosts: ['{host}']}}\n"
        );
        head(NETWORKING, "Gateway", &format!("g{n}"), "depot") + &spec
    })
}

pub(crate) fn broken_documents(size: usize) -> String {
    service("stock", "depot") + &"---\napiVersion: v1\nkind: Service\nmetadata: [\n".repeat(size)
}

pub(crate) fn exports_to_each(size: usize) -> String {
    let all = each(size, |n| format!("n{n}, "));
    each(size, |n| {
        let home = format!("n{n}");
        let spec = format!(
            "spec:\n  hosts: [s]\n  exportTo: [{all}]\n  http:\n{}",
            to("host: s")
        );
        namespace(&home)
            + &service("s", &home)
            + &head(NETWORKING, "VirtualService", "v", &home)
            + &spec
    })
}
