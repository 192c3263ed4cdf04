//! Istio's annotations: where they can stand, how far they have come, and which values they take.

use super::values::Check::{
    self, Bool, Cidrs, CidrsOrStar, Interfaces, Mode, Port, Ports, PortsOrStar, ProxyConfig,
    Quantity, Uint32,
};

/// One annotation.
#[derive(Debug)]
pub(super) struct Annotation {
    /// The key.
    pub(super) name: &'static str,
    /// The kinds that it can stand on; `Any` for all.
    pub(super) kinds: &'static [&'static str],
    /// Whether the feature is in its alpha phase.
    pub(super) is_alpha: bool,
    /// Whether it is deprecated.
    pub(super) is_deprecated: bool,
    /// What its value must look like.
    pub(super) check: Option<Check>,
}

/// The annotation of this key.
pub(super) fn find(name: &str) -> Option<&'static Annotation> {
    let at = TABLE.binary_search_by_key(&name, |row| row.name).ok()?;
    TABLE.get(at)
}

/// The keys of all annotations, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name)
}

const ALPHA: bool = true;
const STABLE: bool = false;
const DEPRECATED: bool = true;
const CURRENT: bool = false;

const fn row(
    name: &'static str,
    kinds: &'static [&'static str],
    is_alpha: bool,
    is_deprecated: bool,
    check: Option<Check>,
) -> Annotation {
    Annotation {
        name,
        kinds,
        is_alpha,
        is_deprecated,
        check,
    }
}

/// In the order of the keys, as of Istio 1.31.
#[rustfmt::skip]
const TABLE: &[Annotation] = &[
    row("alpha.istio.io/canonical-serviceaccounts", &["Service"], ALPHA, DEPRECATED, None),
    row("alpha.istio.io/kubernetes-serviceaccounts", &["Service"], ALPHA, DEPRECATED, None),
    row("ambient.istio.io/bypass-inbound-capture", &["Pod"], ALPHA, CURRENT, None),
    row("ambient.istio.io/dns-capture", &["Pod"], ALPHA, CURRENT, None),
    row("ambient.istio.io/redirection", &["Pod"], STABLE, CURRENT, None),
    row("ambient.istio.io/waypoint-inbound-binding", &["GatewayClass", "Gateway"], ALPHA, CURRENT, None),
    row("galley.istio.io/analyze-suppress", &["Any"], ALPHA, CURRENT, None),
    row("gateway.istio.io/controller-version", &["Any"], ALPHA, CURRENT, None),
    row("gateway.istio.io/name-override", &["Gateway"], ALPHA, CURRENT, None),
    row("gateway.istio.io/service-account", &["Gateway"], ALPHA, CURRENT, None),
    row("inject.istio.io/templates", &["Pod"], ALPHA, CURRENT, None),
    row("istio.io/autoRegistrationGroup", &["WorkloadEntry"], ALPHA, CURRENT, None),
    row("istio.io/connectedAt", &["WorkloadEntry"], ALPHA, CURRENT, None),
    row("istio.io/disconnectedAt", &["WorkloadEntry"], ALPHA, CURRENT, None),
    row("istio.io/dry-run", &["AuthorizationPolicy"], ALPHA, CURRENT, None),
    row("istio.io/reroute-virtual-interfaces", &["Pod"], ALPHA, CURRENT, Some(Interfaces)),
    row("istio.io/rev", &["Pod"], ALPHA, CURRENT, None),
    row("istio.io/use-waypoint-canary-weight", &["Service", "ServiceEntry", "Namespace"], ALPHA, CURRENT, None),
    row("istio.io/workloadController", &["WorkloadEntry"], ALPHA, CURRENT, None),
    row("kubernetes.io/ingress.class", &["Ingress"], STABLE, CURRENT, None),
    row("networking.istio.io/exportTo", &["Service"], ALPHA, CURRENT, None),
    row("networking.istio.io/service-type", &["Gateway"], ALPHA, CURRENT, None),
    row("networking.istio.io/traffic-distribution", &["Namespace", "Service", "ServiceEntry"], ALPHA, CURRENT, None),
    row("prometheus.istio.io/merge-metrics", &["Pod"], ALPHA, CURRENT, Some(Bool)),
    row("proxy.istio.io/config", &["Pod"], STABLE, CURRENT, Some(ProxyConfig)),
    row("proxy.istio.io/overrides", &["Pod"], ALPHA, CURRENT, None),
    row("readiness.status.sidecar.istio.io/applicationPorts", &["Pod"], ALPHA, CURRENT, None),
    row("readiness.status.sidecar.istio.io/failureThreshold", &["Pod"], ALPHA, CURRENT, Some(Uint32)),
    row("readiness.status.sidecar.istio.io/initialDelaySeconds", &["Pod"], ALPHA, CURRENT, Some(Uint32)),
    row("readiness.status.sidecar.istio.io/periodSeconds", &["Pod"], ALPHA, CURRENT, Some(Uint32)),
    row("sidecar.istio.io/agentLogLevel", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/bootstrapOverride", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/componentLogLevel", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/discoveryAddress", &["Pod"], ALPHA, DEPRECATED, None),
    row("sidecar.istio.io/extraStatTags", &["Pod"], ALPHA, DEPRECATED, None),
    row("sidecar.istio.io/inject", &["Pod"], STABLE, DEPRECATED, None),
    row("sidecar.istio.io/interceptionMode", &["Pod"], ALPHA, CURRENT, Some(Mode)),
    row("sidecar.istio.io/logLevel", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/nativeSidecar", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/proxyCPU", &["Pod"], ALPHA, CURRENT, Some(Quantity)),
    row("sidecar.istio.io/proxyCPULimit", &["Pod"], ALPHA, CURRENT, Some(Quantity)),
    row("sidecar.istio.io/proxyImage", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/proxyImageType", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/proxyMemory", &["Pod"], ALPHA, CURRENT, Some(Quantity)),
    row("sidecar.istio.io/proxyMemoryLimit", &["Pod"], ALPHA, CURRENT, Some(Quantity)),
    row("sidecar.istio.io/rewriteAppHTTPProbers", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/statsCompression", &["Pod"], ALPHA, DEPRECATED, None),
    row("sidecar.istio.io/statsEvictionInterval", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/statsFlushInterval", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/statsHistogramBins", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/statsHistogramBuckets", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/statsInclusionPrefixes", &["Pod"], ALPHA, DEPRECATED, None),
    row("sidecar.istio.io/statsInclusionRegexps", &["Pod"], ALPHA, DEPRECATED, None),
    row("sidecar.istio.io/statsInclusionSuffixes", &["Pod"], ALPHA, DEPRECATED, None),
    row("sidecar.istio.io/status", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/userVolume", &["Pod"], ALPHA, CURRENT, None),
    row("sidecar.istio.io/userVolumeMount", &["Pod"], ALPHA, CURRENT, None),
    row("status.sidecar.istio.io/port", &["Pod"], ALPHA, CURRENT, Some(Port)),
    row("topology.istio.io/controlPlaneClusters", &["Namespace"], ALPHA, CURRENT, None),
    row("traffic.istio.io/nodeSelector", &["Service"], STABLE, CURRENT, None),
    row("traffic.sidecar.istio.io/excludeInboundPorts", &["Pod"], ALPHA, CURRENT, Some(Ports)),
    row("traffic.sidecar.istio.io/excludeInterfaces", &["Pod"], ALPHA, CURRENT, Some(Interfaces)),
    row("traffic.sidecar.istio.io/excludeOutboundIPRanges", &["Pod"], ALPHA, CURRENT, Some(Cidrs)),
    row("traffic.sidecar.istio.io/excludeOutboundPorts", &["Pod"], ALPHA, CURRENT, Some(Ports)),
    row("traffic.sidecar.istio.io/includeInboundPorts", &["Pod"], ALPHA, CURRENT, Some(PortsOrStar)),
    row("traffic.sidecar.istio.io/includeOutboundIPRanges", &["Pod"], ALPHA, CURRENT, Some(CidrsOrStar)),
    row("traffic.sidecar.istio.io/includeOutboundPorts", &["Pod"], ALPHA, CURRENT, None),
    row("traffic.sidecar.istio.io/kubevirtInterfaces", &["Pod"], ALPHA, DEPRECATED, Some(Interfaces)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by_key(|row| row.name));
        assert_eq!(TABLE.len(), 68);
    }
}
