#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use serde::de::DeserializeOwned;
use serde_json::json;

use super::*;
use crate::model::Duration;

fn decode<T: DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).expect("decodes")
}

#[test]
fn virtual_service() {
    let vs: VirtualService = decode(json!({
        "hosts": ["reviews"], "gateways": ["mesh"],
        "http": [{
            "match": [{"uri": {"prefix": "/a"}, "headers": {"x": {"exact": "1"}}, "port": 80}],
            "route": [{"destination": {"host": "reviews", "subset": "v1", "port": {"number": 80}}, "weight": 5}],
            "timeout": "1s", "mirror_percent": 7,
            "redirect": {"derivePort": "FROM_REQUEST_PORT"}
        }],
        "tls": [{"match": [{"sniHosts": ["a.b"]}], "route": [{"destination": {"host": "x"}}]}],
        "tcp": [{"match": [{"port": 9}]}]
    }));
    let route = &vs.http[0];
    assert_eq!(
        route.matches[0].uri.as_ref().unwrap().prefix.as_deref(),
        Some("/a")
    );
    assert_eq!(route.route[0].destination.as_ref().unwrap().subset, "v1");
    assert_eq!(route.timeout, Some(Duration(1_000_000_000)));
    assert_eq!(
        route.deprecated_mirror_percent(),
        Some((7, "mirror_percent"))
    );
    assert_eq!(
        route.redirect.as_ref().unwrap().derive_port,
        Some(RedirectPort::FromRequestPort)
    );
    assert_eq!(vs.tls[0].matches[0].sni_hosts, ["a.b"]);
    assert_eq!(vs.tcp[0].matches[0].port, 9);
}

#[test]
fn destination_rule() {
    let dr: DestinationRule = decode(json!({
        "host": "reviews",
        "trafficPolicy": {
            "tls": {"mode": "ISTIO_MUTUAL"},
            "loadBalancer": {"simple": "RANDOM", "localityLbSetting": {"distribute": [{"from": "a", "to": {"b": 100}}]}},
            "connectionPool": {"http": {"h2UpgradePolicy": "UPGRADE", "http1MaxPendingRequests": 3, "http2KeepAlive": {}}},
            "outlierDetection": {"consecutive5xxErrors": 3},
            "portLevelSettings": [{"port": {"number": 1}}]
        },
        "subsets": [{"name": "v1", "labels": {"version": "v1"}}]
    }));
    let policy = dr.traffic_policy.unwrap();
    assert_eq!(policy.tls.unwrap().mode, ClientTlsMode::IstioMutual);
    assert_eq!(policy.load_balancer.unwrap().simple, Some(SimpleLb::Random));
    let http = policy.connection_pool.unwrap().http.unwrap();
    assert_eq!(http.h2_upgrade_policy, H2UpgradePolicy::Upgrade);
    assert_eq!(http.http1_max_pending_requests, 3);
    assert!(http.http2_keep_alive.is_some());
    assert_eq!(
        policy.outlier_detection.unwrap().consecutive_5xx_errors,
        Some(3)
    );
    assert!(dr.subsets[0].labels.has("version", "v1"));
}

#[test]
fn gateway() {
    let gateway: Gateway = decode(json!({
        "selector": {"istio": "ingressgateway"},
        "servers": [{"port": {"number": 443, "name": "https", "protocol": "HTTPS"},
            "hosts": ["*"], "tls": {"mode": "SIMPLE", "minProtocolVersion": "TLSV1_2"}}]
    }));
    let tls = gateway.servers[0].tls.as_ref().unwrap();
    assert_eq!(tls.mode, ServerTlsMode::Simple);
    assert_eq!(tls.min_protocol_version, TlsProtocol::V1_2);
}

#[test]
fn service_entry() {
    let entry: ServiceEntry = decode(json!({
        "hosts": ["a.com"], "resolution": "STATIC", "location": "MESH_INTERNAL",
        "ports": [{"number": 80, "name": "http"}],
        "endpoints": [{"address": "1.1.1.1", "ports": {"http": 8080}}]
    }));
    assert_eq!(entry.resolution, Resolution::Static);
    assert_eq!(entry.endpoints[0].ports.get("http"), Some(&8080));
}

#[test]
fn sidecar() {
    let sidecar: Sidecar = decode(json!({
        "workloadSelector": {"labels": {"app": "a"}},
        "egress": [{"hosts": ["./*"], "captureMode": "NONE"}],
        "ingress": [{"port": {"number": 1}, "defaultEndpoint": "127.0.0.1:1"}],
        "outboundTrafficPolicy": {"mode": "ALLOW_ANY"}
    }));
    assert_eq!(sidecar.egress[0].capture_mode, CaptureMode::None);
    assert_eq!(
        sidecar.outbound_traffic_policy.unwrap().mode.unwrap(),
        OutboundMode::AllowAny
    );
}

#[test]
fn workloads() {
    let entry: WorkloadEntry = decode(json!({"address": "1.1.1.1", "serviceAccount": "sa"}));
    assert_eq!(entry.service_account, "sa");
    let group: WorkloadGroup = decode(json!({
        "template": {"serviceAccount": "sa"},
        "probe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "a"}]}}
    }));
    assert_eq!(group.probe.unwrap().http_get.unwrap().port, 80);
}

#[test]
fn envoy_filter() {
    let filter: EnvoyFilter = decode(json!({
        "configPatches": [{
            "applyTo": "HTTP_FILTER",
            "match": {"context": "GATEWAY", "listener": {"filterChain": {"filter": {"name": "a", "subFilter": {"name": "b"}}}}},
            "patch": {"operation": "INSERT_BEFORE", "value": {"name": "x"}}
        }]
    }));
    let patch = &filter.config_patches[0];
    assert_eq!(patch.apply_to, ApplyTo::HttpFilter);
    assert_eq!(
        patch.matches.as_ref().unwrap().context,
        PatchContext::Gateway
    );
    assert_eq!(
        patch.patch.as_ref().unwrap().value.as_ref().unwrap()["name"],
        "x"
    );
}

#[test]
fn proxy_config() {
    let config: ProxyConfig =
        decode(json!({"concurrency": 2, "image": {"imageType": "distroless"}}));
    assert_eq!(config.concurrency, Some(2));
}
