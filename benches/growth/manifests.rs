//! Pieces of manifests.

use std::fmt::Write as _;

pub(crate) const NETWORKING: &str = "networking.istio.io/v1";
pub(crate) const SECURITY: &str = "security.istio.io/v1";
pub(crate) const GATEWAY_API: &str = "gateway.networking.k8s.io/v1";
pub(crate) const TELEMETRY: &str = "telemetry.istio.io/v1";

/// The parts of all numbers below `size`.
pub(crate) fn each(size: usize, part: impl Fn(usize) -> String) -> String {
    (0..size).fold(String::new(), |mut out, number| {
        let _ = write!(out, "{}", part(number));
        out
    })
}

/// The beginning of a document.
pub(crate) fn head(api_version: &str, kind: &str, name: &str, namespace: &str) -> String {
    format!(
        "---\napiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    )
}

pub(crate) fn object(api_version: &str, kind: &str, spec: &str) -> String {
    format!(
        "{}spec:\n{spec}",
        head(api_version, kind, "subject", "depot")
    )
}

pub(crate) fn service(name: &str, namespace: &str) -> String {
    let spec = format!("  selector: {{app: {name}}}\n  ports: [{{name: http, port: 80}}]\n");
    format!("{}spec:\n{spec}", head("v1", "Service", name, namespace))
}

pub(crate) fn deployment(name: &str, app: &str) -> String {
    let labels = format!("{{app: {app}}}");
    format!(
        "{}spec:\n  selector: {{matchLabels: {labels}}}\n  template:\n    metadata: {{labels: {labels}}}\n    spec: {{containers: [{{name: main, image: x}}]}}\n",
        head("apps/v1", "Deployment", name, "depot")
    )
}

pub(crate) fn namespace(name: &str) -> String {
    format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n")
}

/// A VirtualService for the hosts with the routes, a Service `stock` beside it.
pub(crate) fn routes(hosts: &str, http: &str) -> String {
    let spec = format!("  hosts:\n{hosts}  http:\n{http}");
    service("stock", "depot") + &object(NETWORKING, "VirtualService", &spec)
}

/// A route to a destination, given as the inside of a flow mapping.
pub(crate) fn to(destination: &str) -> String {
    format!("  - route: [{{destination: {{{destination}}}}}]\n")
}

/// A route for a prefix.
pub(crate) fn below(prefix: &str) -> String {
    format!(
        "  - match: [{{uri: {{prefix: {prefix}}}}}]\n    route: [{{destination: {{host: stock}}}}]\n"
    )
}
