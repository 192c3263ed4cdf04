//! Shapes that grow within one object.

use super::manifests::{
    GATEWAY_API, NETWORKING, SECURITY, TELEMETRY, below, each, head, object, routes, service, to,
};

const STOCK: &str = "  - stock\n";

pub(crate) fn equal_hosts(size: usize) -> String {
    routes(&STOCK.repeat(size), &to("host: stock"))
}

pub(crate) fn aliased_hosts(size: usize) -> String {
    let hosts = format!("  - &host stock\n{}", "  - *host\n".repeat(size));
    routes(&hosts, &to("host: stock"))
}

pub(crate) fn aliased_routes(size: usize) -> String {
    let first = "  - &route {route: [{destination: {host: stock}}]}\n";
    routes(STOCK, &format!("{first}{}", "  - *route\n".repeat(size)))
}

pub(crate) fn unknown_fields(size: usize) -> String {
    routes(STOCK, &"  - rout: 1\n".repeat(size))
}

pub(crate) fn unknown_fields_on_a_line(size: usize) -> String {
    let items = each(size, |n| format!("{{rout: {n}}}, "));
    format!(
        "apiVersion: {NETWORKING}\nkind: VirtualService\nmetadata: {{name: a}}\nspec: {{hosts: [stock], http: [{items}]}}\n"
    )
}

pub(crate) fn equal_problems(size: usize) -> String {
    routes(STOCK, &"  - route: [{weight: 1}]\n".repeat(size))
}

pub(crate) fn unknown_destinations(size: usize) -> String {
    routes(STOCK, &each(size, |n| to(&format!("host: gone{n}"))))
}

pub(crate) fn unknown_subsets(size: usize) -> String {
    let subsets = each(size, |n| {
        format!("  - {{name: v{n}, labels: {{version: v{n}}}}}\n")
    });
    let rule = format!("  host: stock\n  subsets:\n{subsets}");
    let http = each(size, |n| to(&format!("host: stock, subset: w{n}")));
    object(NETWORKING, "DestinationRule", &rule) + &routes(STOCK, &http)
}

pub(crate) fn servers(size: usize) -> String {
    let server = "  - {port: {number: 80, name: http, protocol: HTTP}, hosts: [a.example.com]}\n";
    let spec = format!(
        "  selector: {{istio: edge}}\n  servers:\n{}",
        server.repeat(size)
    );
    object(NETWORKING, "Gateway", &spec)
}

pub(crate) fn labels(size: usize) -> String {
    let labels = |indent: usize| {
        let indent = " ".repeat(indent);
        each(size, |n| format!("{indent}k{n}: v\n"))
    };
    let pod = format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: depot\n  labels:\n{}spec: {{containers: [{{name: main, image: x}}]}}\n",
        labels(4)
    );
    let policy = format!(
        "  selector:\n    matchLabels:\n{}  rules: [{{}}]\n",
        labels(6)
    );
    let rule = format!(
        "  host: stock\n  subsets:\n  - name: all\n    labels:\n{}",
        labels(6)
    );
    pod + &object(SECURITY, "AuthorizationPolicy", &policy)
        + &service("stock", "depot")
        + &object(NETWORKING, "DestinationRule", &rule)
}

pub(crate) fn hosts_and_routes(size: usize) -> String {
    let hosts = each(size, |n| format!("  - h{n}.example.com\n"));
    routes(
        &hosts,
        &each(size, |n| {
            below(&format!("/{n}")) + &to(&format!("host: gone{n}"))
        }),
    )
}

pub(crate) fn prefixes(size: usize) -> String {
    routes(STOCK, &each(size, |n| below(&format!("/p{n}"))))
}

pub(crate) fn one_prefix(size: usize) -> String {
    routes(STOCK, &below("/p").repeat(size))
}

pub(crate) fn two_prefixes(size: usize) -> String {
    routes(STOCK, &each(size, |n| below(&format!("/p{}/x{n}", n % 2))))
}

fn expression(text: &str) -> String {
    let spec = format!("  accessLogging:\n  - filter: {{expression: \"{text}\"}}\n");
    object(TELEMETRY, "Telemetry", &spec)
}

pub(crate) fn cel_terms(size: usize) -> String {
    expression(&vec!["response.code > 1"; size].join(" && "))
}

pub(crate) fn cel_parentheses(size: usize) -> String {
    expression(&format!("{}1{}", "(".repeat(size), ")".repeat(size)))
}

pub(crate) fn cel_negations(size: usize) -> String {
    expression(&format!("{}true", "!".repeat(size)))
}

pub(crate) fn grant_sources(size: usize) -> String {
    let from = each(size, |n| {
        format!("  - {{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: n{n}}}\n")
    });
    let spec = format!("  to: [{{group: '', kind: Service}}]\n  from:\n{from}");
    object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", &spec)
}

pub(crate) fn sidecar_hosts(size: usize) -> String {
    let hosts = each(size, |n| format!("    - ./h{n}.depot.svc.cluster.local\n"));
    object(
        NETWORKING,
        "Sidecar",
        &format!("  egress:\n  - hosts:\n{hosts}"),
    )
}

pub(crate) fn unknown_keys(size: usize) -> String {
    object(
        NETWORKING,
        "VirtualService",
        &each(size, |n| format!("  k{n}: 1\n")),
    )
}

pub(crate) fn ports(size: usize) -> String {
    let ports = each(size, |n| {
        format!("  - {{name: http-{n}, port: {}}}\n", n + 1)
    });
    let spec = format!("spec:\n  selector: {{app: many}}\n  ports:\n{ports}");
    let http = each(size, |n| {
        to(&format!("host: many, port: {{number: {}}}", n + 1))
    });
    head("v1", "Service", "many", "depot") + &spec + &routes("  - many\n", &http)
}

pub(crate) fn port_settings(size: usize) -> String {
    let settings = "    - {port: {number: 80}, tls: {mode: DISABLE}}\n".repeat(size);
    let spec = format!("  host: stock\n  trafficPolicy:\n    portLevelSettings:\n{settings}");
    service("stock", "depot") + &object(NETWORKING, "DestinationRule", &spec)
}

pub(crate) fn equal_subsets(size: usize) -> String {
    let subsets = "  - {name: v1, labels: {version: v1}}\n".repeat(size);
    let spec = format!("  host: stock\n  subsets:\n{subsets}");
    service("stock", "depot") + &object(NETWORKING, "DestinationRule", &spec)
}

pub(crate) fn policy_rules(size: usize) -> String {
    let rules = each(size, |n| {
        format!(
            "  - from: [{{source: {{principals: [cluster.local/ns/depot/sa/s{n}], ipBlocks: [999.0.0.{}]}}}}]\n    when: [{{key: no.such.key, values: [a]}}]\n",
            n % 250
        )
    });
    object(
        SECURITY,
        "AuthorizationPolicy",
        &format!("  rules:\n{rules}"),
    )
}

pub(crate) fn endpoints(size: usize) -> String {
    let spec = format!(
        "  location: MESH_INTERNAL\n  resolution: STATIC\n  ports: [{{number: 80, name: http, protocol: HTTP}}]\n  hosts:\n{}  endpoints:\n{}",
        "  - h.example.com\n".repeat(size),
        "  - {address: 10.0.0.1}\n".repeat(size)
    );
    object(NETWORKING, "ServiceEntry", &spec)
}

pub(crate) fn backends(size: usize) -> String {
    let parents = each(size, |n| format!("  - {{name: g{n}}}\n"));
    let rules = each(size, |n| {
        format!("  - backendRefs: [{{name: b{n}, port: 80}}]\n")
    });
    let spec = format!("  parentRefs:\n{parents}  rules:\n{rules}");
    service("stock", "depot") + &object(GATEWAY_API, "HTTPRoute", &spec)
}

pub(crate) fn listeners(size: usize) -> String {
    let listeners = each(size, |n| {
        format!("  - {{name: l{n}, port: 80, protocol: HTTP, hostname: a.example.com}}\n")
    });
    let spec = format!("  gatewayClassName: istio\n  listeners:\n{listeners}");
    object(GATEWAY_API, "Gateway", &spec)
}

pub(crate) fn filter_patches(size: usize) -> String {
    let patch = "  - {applyTo: CLUSTER, match: {context: NOWHERE}, patch: {operation: REMOVE}}\n";
    let spec = format!("  configPatches:\n{}", patch.repeat(size));
    object("networking.istio.io/v1alpha3", "EnvoyFilter", &spec)
}

pub(crate) fn providers(size: usize) -> String {
    let provider =
        "    - {name: one, zipkin: {service: zipkin.obs.svc.cluster.local, port: 9411}}\n";
    let config = format!(
        "{}data:\n  mesh: |\n    extensionProviders:\n{}",
        head("v1", "ConfigMap", "istio", "istio-system"),
        provider.repeat(size)
    );
    let names = each(size, |n| format!("  - providers: [{{name: other{n}}}]\n"));
    config + &object(TELEMETRY, "Telemetry", &format!("  tracing:\n{names}"))
}

pub(crate) fn jwt_rules(size: usize) -> String {
    let rules = "  - {issuer: one, jwksUri: 'file:///x'}\n".repeat(size);
    object(
        SECURITY,
        "RequestAuthentication",
        &format!("  jwtRules:\n{rules}"),
    )
}

pub(crate) fn suppressed_codes(size: usize) -> String {
    let codes = each(size, |n| format!("IST0{:03},", n % 170));
    let annotations = format!(
        "metadata:\n  name: subject\n  namespace: depot\n  annotations: {{galley.istio.io/analyze-suppress: \"{codes}\"}}\n"
    );
    let plain = "metadata: {name: subject, namespace: depot}\n";
    unknown_destinations(size).replacen(plain, &annotations, 1)
}

pub(crate) fn gateways_of_a_route(size: usize) -> String {
    let gateway = "  selector: {istio: edge}\n  servers:\n  - {port: {number: 443, name: tls, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: ['*']}\n";
    let names = each(size, |n| format!("  - g{n}\n"));
    let tls = each(size, |n| {
        format!(
            "  - match: [{{port: 443, sniHosts: [b{n}.example.com]}}]\n    route: [{{destination: {{host: stock}}}}]\n"
        )
    });
    let spec = format!("  hosts: [a.example.com]\n  gateways:\n{names}  tls:\n{tls}");
    object(NETWORKING, "Gateway", gateway) + &object(NETWORKING, "VirtualService", &spec)
}

pub(crate) fn escapes(size: usize) -> String {
    let text = "\\u00fc\\\n  ".repeat(size);
    format!(
        "{}data: {{a: \"{text}\"}}\n",
        head("v1", "ConfigMap", "a", "depot")
    )
}

pub(crate) fn merges(size: usize) -> String {
    let chain = each(size, |n| match n {
        0 => "m0: &m0 {k: 1}\n".to_owned(),
        n => format!("m{n}: &m{n} {{<<: *m{}, k{n}: 1}}\n", n - 1),
    });
    format!("{}{chain}", head("v1", "ConfigMap", "a", "depot"))
}

pub(crate) fn listeners_and_routes(size: usize) -> String {
    let listeners = each(size.min(64), |n| {
        format!(
            "  - {{name: l{n}, port: {}, protocol: HTTP, hostname: h{n}.example.com}}\n",
            80 + n
        )
    });
    let gateway = format!("  gatewayClassName: istio\n  listeners:\n{listeners}");
    let routes = each(size, |n| {
        let spec = format!(
            "spec:\n  parentRefs: [{{name: subject}}]\n  hostnames: [r{n}.example.org]\n  rules: [{{backendRefs: [{{name: stock, port: 8{n}}}]}}]\n"
        );
        head(GATEWAY_API, "HTTPRoute", &format!("r{n}"), "depot") + &spec
    });
    service("stock", "depot") + &object(GATEWAY_API, "Gateway", &gateway) + &routes
}

pub(crate) fn grants_and_references(size: usize) -> String {
    each(size, |n| {
        let grant = format!(
            "spec:\n  from: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: depot}}]\n  to: [{{group: '', kind: Service, name: s{n}}}]\n"
        );
        let route = format!(
            "spec:\n  rules: [{{backendRefs: [{{name: s{n}, namespace: store, port: 80}}]}}]\n"
        );
        service(&format!("s{n}"), "store")
            + &head(
                "gateway.networking.k8s.io/v1beta1",
                "ReferenceGrant",
                &format!("g{n}"),
                "store",
            )
            + &grant
            + &head(GATEWAY_API, "HTTPRoute", &format!("r{n}"), "depot")
            + &route
    })
}

pub(crate) fn targets_of_policies(size: usize) -> String {
    each(size, |n| {
        let policy = format!(
            "spec:\n  targetRefs: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: gone{n}}}]\n"
        );
        head(GATEWAY_API, "HTTPRoute", &format!("r{n}"), "depot")
            + "spec: {}\n"
            + &head(
                "gateway.envoyproxy.io/v1alpha1",
                "SecurityPolicy",
                &format!("p{n}"),
                "depot",
            )
            + &policy
    })
}
