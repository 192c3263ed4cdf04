//! Waypoints, enrolment, labels of workloads.

use crate::mesh::ambient::{
    is_l7_authorization, is_l7_destination_rule, is_l7_telemetry, requires_waypoint,
};
use crate::mesh::testing::{deployment, mesh, namespace, object, service, upstream};

fn gateway(name: &str, labels: &str) -> String {
    object(
        "gateway.networking.k8s.io/v1 Gateway",
        name,
        &format!("metadata: {{labels: {{{labels}}}}}\nspec: {{gatewayClassName: istio-waypoint}}"),
    )
}

#[test]
fn resolves_the_waypoint_of_a_workload() {
    const AMBIENT: &str = "istio.io/dataplane-mode: ambient";
    let enrolled = format!("{AMBIENT}, istio.io/use-waypoint: w");
    for (labels, template, rest, expected) in [
        (AMBIENT, "app: x", gateway("a/w", ""), false),
        (enrolled.as_str(), "app: x", gateway("a/w", ""), true),
        (&enrolled, "app: x", String::new(), false),
        (&enrolled, "app: x", gateway("b/w", ""), false),
        (
            &enrolled,
            "app: x",
            gateway("a/w", "istio.io/waypoint-for: none"),
            false,
        ),
        (
            &enrolled,
            "app: x, istio.io/use-waypoint: none",
            gateway("a/w", ""),
            false,
        ),
        (
            AMBIENT,
            "app: x, istio.io/use-waypoint: w, istio.io/use-waypoint-namespace: b",
            gateway("b/w", ""),
            true,
        ),
        (
            "istio.io/use-waypoint: w",
            "app: x",
            gateway("a/w", ""),
            false,
        ),
        (
            AMBIENT,
            "app: x",
            gateway("a/w", "")
                + &service("a/s", "app: x").replace(
                    "namespace: a",
                    "namespace: a, labels: {istio.io/use-waypoint: w}",
                ),
            true,
        ),
        (
            &enrolled,
            "app: x",
            deployment(
                "a/w",
                "gateway.networking.k8s.io/gateway-name: w, gateway.istio.io/managed: istio.io-mesh-controller",
            ),
            true,
        ),
    ] {
        let yaml = namespace("a", labels) + &deployment("a/x", template) + &rest;
        let mesh = upstream(&yaml);
        let (_, workload) = mesh.workloads.iter().find(|(_, w)| w.name == "x").unwrap();
        assert_eq!(
            mesh.ambient.resolved_waypoint(workload).is_some(),
            expected,
            "{yaml}"
        );
    }
}

#[test]
fn reads_labels_of_workloads() {
    for (labels, template, ambient, sidecar, true_sidecar) in [
        (
            "istio.io/dataplane-mode: ambient",
            "app: x",
            true,
            false,
            false,
        ),
        (
            "istio.io/dataplane-mode: ambient",
            "istio.io/dataplane-mode: none",
            false,
            false,
            false,
        ),
        ("", "istio.io/dataplane-mode: ambient", true, false, false),
        ("istio-injection: enabled", "app: x", false, true, true),
        (
            "istio-injection: enabled",
            "sidecar.istio.io/inject: 'false'",
            false,
            true,
            false,
        ),
        ("", "sidecar.istio.io/inject: 'true'", false, false, true),
        ("", "sidecar.istio.io/inject: enabled", false, true, true),
        (
            "istio.io/rev: x",
            "sidecar.istio.io/inject: none",
            false,
            false,
            false,
        ),
    ] {
        let yaml = namespace("a", labels) + &deployment("a/x", template);
        let (upstream, default) = (upstream(&yaml), mesh(&yaml));
        let workload = &upstream.workloads.as_slice()[0];
        assert_eq!(
            upstream.ambient.has_ambient_label(workload),
            ambient,
            "{yaml}"
        );
        assert_eq!(
            upstream.ambient.has_sidecar_label(workload),
            sidecar,
            "{yaml}"
        );
        assert_eq!(
            default.ambient.has_sidecar_label(workload),
            true_sidecar,
            "{yaml}"
        );
    }
}

fn spec<T: serde::de::DeserializeOwned>(yaml: &str) -> T {
    serde_yaml::from_str(yaml).unwrap()
}

#[test]
fn tells_what_needs_http() {
    for (yaml, expected) in [
        ("{}", false),
        ("rules: [{to: [{operation: {ports: ['80']}}]}]", false),
        ("rules: [{to: [{operation: {methods: [GET]}}]}]", true),
        ("rules: [{when: [{key: 'request.headers[x]'}]}]", true),
        ("rules: [{when: [{key: source.ip}]}]", false),
        (
            "rules: [{from: [{source: {requestPrincipals: ['*']}}]}]",
            true,
        ),
    ] {
        assert_eq!(is_l7_authorization(&spec(yaml)), expected, "{yaml}");
    }
    for (yaml, expected) in [
        ("{}", false),
        ("trafficPolicy: {outlierDetection: {}}", true),
        (
            "subsets: [{trafficPolicy: {connectionPool: {http: {}}}}]",
            true,
        ),
        (
            "trafficPolicy: {loadBalancer: {consistentHash: {httpCookie: {name: x}}}}",
            true,
        ),
        (
            "trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true}}}",
            false,
        ),
        (
            "trafficPolicy: {portLevelSettings: [{outlierDetection: {}}]}",
            false,
        ),
    ] {
        assert_eq!(is_l7_destination_rule(&spec(yaml)), expected, "{yaml}");
    }
    assert!(is_l7_telemetry(&spec("tracing: [{}]")));
    assert!(!is_l7_telemetry(&spec("metrics: [{}]")));
    assert!(requires_waypoint(&spec("http: [{}]")));
    assert!(!requires_waypoint(&spec("{http: [{}], gateways: [g]}")));
    assert!(!requires_waypoint(&spec("tcp: [{}]")));
}
