//! IST0106, IST0133: what the admission webhook says of a Sidecar.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::networking::{
    CaptureMode, EgressListener, IngressListener, OutboundMode, OutboundTrafficPolicy, Port,
    ServerTlsMode, ServerTlsSettings, Sidecar,
};
use crate::model::{Object, Str};

use super::domains::{scope_namespace, scoped_name};
use super::issues::Issues;
use super::labels::{empty_selector, selector};
use super::ports::{PROTOCOLS, Protocol, port_name, protocol, unix_path};
use super::text::{atoi, fqdn, is_ip, is_placeholder, port, quote, split_host_port};
use super::traffic_policy::connection_pool;
use super::virtual_service::destination;
use super::{server_tls, validate};
use crate::yaml::Trail;

/// Validates a Sidecar.
pub(super) fn check(sidecar: &Object<Sidecar>, mesh: &Mesh, findings: &mut Findings) {
    // A Sidecar of the root namespace holds for all, where `.` is the proxy's own namespace.
    let is_root = mesh
        .places
        .is_own_root(mesh.places.namespace_of(sidecar.id));
    let namespace = if is_root && !mesh.quirks.run_time_plays_no_part {
        "."
    } else {
        sidecar.namespace()
    };
    validate(sidecar, mesh, findings, |spec, issues| {
        check_sidecar(spec, namespace, issues);
    });
}

fn check_sidecar(sidecar: &Sidecar, namespace: &str, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let chosen = sidecar.workload_selector.as_ref();
    if !selector(chosen, issues) {
        return;
    }
    let is_empty = sidecar.egress.is_empty()
        && sidecar.ingress.is_empty()
        && sidecar.outbound_traffic_policy.is_none()
        && sidecar.inbound_connection_pool.is_none();
    if is_empty {
        issues
            .error(&spec, "sidecar: empty configuration provided")
            .help("add egress with the hosts that the workloads reach, such as [\"./*\"]");
        return;
    }
    empty_selector(chosen, "sidecar", issues);
    let ingress = spec.field("ingress");
    let mut numbers: FxHashSet<u32> = FxHashSet::default();
    for (index, listener) in sidecar.ingress.iter().enumerate() {
        ingress_listener(listener, &mut numbers, &ingress.item(index), issues);
    }
    if let Some(pool) = &sidecar.inbound_connection_pool {
        connection_pool(pool, &spec.field("inboundConnectionPool"), issues);
    }
    let egress = spec.field("egress");
    let mut seen = Seen::default();
    for (index, listener) in sidecar.egress.iter().enumerate() {
        let path = egress.item(index);
        if listener.port.is_none() && index + 1 < sidecar.egress.len() {
            issues
                .error(
                    &path.field("port"),
                    "sidecar: the egress listener with empty port should be the last listener in \
                     the list",
                )
                .help("move the listener to the end: it takes what no other takes");
        }
        if let Some(port) = &listener.port {
            egress_port(listener, port, &mut seen, &path, issues);
        }
        egress_hosts(&listener.hosts, namespace, &path.field("hosts"), issues);
    }
    if let Some(policy) = &sidecar.outbound_traffic_policy {
        outbound_policy(policy, &spec.field("outboundTrafficPolicy"), issues);
    }
}

/// What every listener's port must be; its number is checked apart.
fn listener_port(port: &Port, path: &Trail<'_>, issues: &mut Issues) {
    if port.target_port > 0 {
        issues
            .error(
                &path.field("targetPort"),
                "targetPort has no impact on Sidecars",
            )
            .help("remove it; defaultEndpoint says where traffic of an ingress listener goes");
    }
    if !port.name.is_empty() {
        issues.check_value(&path.field("name"), &port.name, port_name(&port.name));
    }
    let result = protocol(&port.protocol);
    if let Some(issue) = issues.check_value(&path.field("protocol"), &port.protocol, result) {
        issue.help(format!("write {PROTOCOLS}"));
    }
}

fn bind_address(bind: &str, path: &Trail<'_>, issues: &mut Issues) {
    if !bind.is_empty() && !is_ip(bind) {
        let result = Err(format!("{bind} is not a valid IP"));
        issues.check_value(&path.field("bind"), bind, result);
    }
}

fn unique_number(number: u32, numbers: &mut FxHashSet<u32>, path: &Trail<'_>, issues: &mut Issues) {
    if !numbers.insert(number) {
        issues
            .error(path, "sidecar: ports on IP bound listeners must be unique")
            .help(format!(
                "an earlier listener has port {number}: unite the two"
            ));
    }
}

fn ingress_listener(
    listener: &IngressListener,
    numbers: &mut FxHashSet<u32>,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let at = path.field("port");
    let Some(port) = &listener.port else {
        issues.error(&at, "sidecar: port is required for ingress listeners");
        return;
    };
    listener_port(port, &at, issues);
    issues.check_port(&at.field("number"), port.number);
    bind_address(&listener.bind, path, issues);
    unique_number(port.number, numbers, &at.field("number"), issues);
    if !listener.default_endpoint.is_empty() {
        default_endpoint(
            &listener.default_endpoint,
            &path.field("defaultEndpoint"),
            issues,
        );
    }
    if let Some(tls) = &listener.tls {
        ingress_tls(tls, port, &path.field("tls"), issues);
    }
    if let Some(pool) = &listener.connection_pool {
        let path = path.field("connectionPool");
        connection_pool(pool, &path, issues);
        if pool.http.is_some() && !Protocol::parse(&port.protocol).is_http() {
            issues
                .warn(
                    &path.field("http"),
                    format!(
                        "sidecar: HTTP connection pool settings are configured for port {} ({}) \
                         but its protocol is not HTTP ({}); only TCP settings will apply",
                        port.number,
                        quote(&port.name),
                        port.protocol
                    ),
                )
                .help("set the port's protocol: HTTP, or remove the http settings");
        }
    }
}

fn default_endpoint(endpoint: &str, path: &Trail<'_>, issues: &mut Issues) {
    const HOSTS: [&str; 5] = ["", "127.0.0.1", "0.0.0.0", "::1", "::"];
    if is_placeholder(endpoint) {
        return;
    }
    if let Some(file) = endpoint.strip_prefix("unix://") {
        issues.check(path, unix_path(file));
        return;
    }
    let (host, number) = split_host_port(endpoint).unwrap_or_else(|why| {
        issues
            .error(path, format!("address {endpoint}: {why}"))
            .help("write 127.0.0.1:PORT");
        ("", "")
    });
    if !HOSTS.contains(&host) {
        issues
            .error(
                path,
                "sidecar: defaultEndpoint must be of form 127.0.0.1:<port>,0.0.0.0:<port>,\
                 [::1]:port,[::]:port,unix://filepath or unset",
            )
            .help("the endpoint is the workload itself: write 127.0.0.1:PORT");
    }
    match atoi(number) {
        Ok(number) => issues.check(path, port(number)),
        Err(why) => {
            issues.error(
                path,
                format!(
                    "sidecar: defaultEndpoint port ({number}) is not a number: strconv.Atoi: {why}"
                ),
            );
        }
    }
}

fn ingress_tls(tls: &ServerTlsSettings, port: &Port, path: &Trail<'_>, issues: &mut Issues) {
    for (is_set, field, message) in [
        (
            !tls.subject_alt_names.is_empty(),
            "subjectAltNames",
            "sidecar: subjectAltNames is not supported in ingress tls",
        ),
        (
            tls.https_redirect,
            "httpsRedirect",
            "sidecar: httpsRedirect is not supported",
        ),
        (
            !tls.credential_name.is_empty(),
            "credentialName",
            "sidecar: credentialName is not currently supported",
        ),
        (
            !tls.credential_names.is_empty(),
            "credentialNames",
            "sidecar: credentialNames is not currently supported",
        ),
        (
            !tls.tls_certificates.is_empty(),
            "tlsCertificates",
            "sidecar: tls_certificates is not currently supported",
        ),
    ] {
        if is_set {
            issues.error(&path.field(field), message);
        }
    }
    if matches!(
        tls.mode,
        ServerTlsMode::IstioMutual | ServerTlsMode::AutoPassthrough
    ) {
        issues
            .error(
                &path.field("mode"),
                format!(
                    "configuration is invalid: cannot set mode to {} in sidecar ingress tls",
                    tls.mode
                ),
            )
            .help("use SIMPLE or MUTUAL; mutual TLS within the mesh needs no tls here");
    }
    if !Protocol::parse(&port.protocol).is_tls() {
        issues
            .error(
                path,
                "server cannot have TLS settings for non HTTPS/TLS ports",
            )
            .help("set the port's protocol: HTTPS or TLS, or remove tls");
    }
    server_tls::check(tls, path, issues);
}

/// What egress listeners before have taken.
#[derive(Default)]
struct Seen<'a> {
    numbers: FxHashSet<u32>,
    sockets: FxHashSet<&'a str>,
}

fn egress_port<'a>(
    listener: &'a EgressListener,
    port: &Port,
    seen: &mut Seen<'a>,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let at = path.field("port");
    listener_port(port, &at, issues);
    if port.number != 0 {
        issues.check_port(&at.field("number"), port.number);
        bind_address(&listener.bind, path, issues);
        unique_number(port.number, &mut seen.numbers, &at.field("number"), issues);
        return;
    }
    let bind = path.field("bind");
    match listener.bind.strip_prefix("unix://") {
        Some(file) => {
            issues.check_value(&bind, file, unix_path(file));
        }
        None if is_placeholder(&listener.bind) => {}
        None => {
            issues
                .error(
                    &bind,
                    "sidecar: ports with 0 value must have a unix domain socket bind address",
                )
                .help("set the port's number, or bind: unix:///path/of/socket");
        }
    }
    if listener.capture_mode == CaptureMode::Iptables {
        issues.error(
            &path.field("captureMode"),
            "sidecar: captureMode must be DEFAULT/NONE for unix domain socket listeners",
        );
    }
    if !seen.sockets.insert(&listener.bind) {
        issues.error(
            &bind,
            "sidecar: unix domain socket values for listeners must be unique",
        );
    }
}

/// Hosts of a namespace that were seen before.
#[derive(Default)]
struct SeenHosts<'a> {
    all: bool,
    names: FxHashSet<&'a str>,
}

fn egress_hosts(hosts: &[Str], namespace: &str, path: &Trail<'_>, issues: &mut Issues) {
    if hosts.is_empty() {
        issues
            .error(
                path,
                "sidecar: egress listener must contain at least one host",
            )
            .help("add hosts, such as [\"./*\", \"istio-system/*\"]");
    }
    let mut seen: FxHashMap<&str, SeenHosts<'_>> = FxHashMap::default();
    for (index, host) in hosts.iter().enumerate() {
        let path = path.item(index);
        let Some((scope, name)) = host.split_once('/') else {
            if let Some(issue) =
                issues.check_value(&path, host, Err("host must be of form namespace/dnsName"))
            {
                issue.help(format!(
                    "write ./{host} for the Sidecar's own namespace, or */{host}"
                ));
            }
            continue;
        };
        if !scope.starts_with('~') && !is_placeholder(host) {
            let scope = if scope == "." { namespace } else { scope };
            let known = seen.entry(scope).or_default();
            let is_repeated = if name == "*" {
                known.all || !known.names.is_empty()
            } else {
                known.all || known.names.contains(name)
            };
            if is_repeated {
                issues
                    .warn(&path, format!("duplicated egress host: {host}"))
                    .help("an entry before covers it, or is covered by it: keep the wider one");
            } else if name != "*" {
                known.names.insert(name);
            }
            known.all |= name == "*";
        }
        egress_host(scope, name, &path, issues);
    }
    if seen.get("*").is_some_and(|known| known.all) && seen.len() > 1 {
        issues
            .warn(
                path,
                "`*/*` host select all resources, no other hosts can be added",
            )
            .help("keep */* alone, or remove it");
    }
}

fn egress_host(scope: &str, name: &str, path: &Trail<'_>, issues: &mut Issues) {
    if scope.is_empty() || name.is_empty() {
        issues.error(
            path,
            "config namespace and dnsName in host entry cannot be empty",
        );
    }
    let namespace = scope.strip_prefix('~').unwrap_or(scope);
    scope_namespace(namespace, &["", "*", "."], scope, "sidecar", path, issues);
    scoped_name(name, false, path, issues);
}

fn outbound_policy(policy: &OutboundTrafficPolicy, path: &Trail<'_>, issues: &mut Issues) {
    let mode = policy.mode.unwrap_or_default();
    if mode.unknown() == Some(3) {
        issues.error(
            &path.field("mode"),
            "sidecar: ALLOW_ANY_DYNAMIC_DNS mode is only supported in MeshConfig, not in Sidecar \
             resource",
        );
    }
    let Some(proxy) = &policy.egress_proxy else {
        return;
    };
    let path = path.field("egressProxy");
    if mode != OutboundMode::AllowAny {
        issues
            .error(
                &path,
                "sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy \
                 mode",
            )
            .help("set outboundTrafficPolicy.mode: ALLOW_ANY");
        return;
    }
    issues.check_value(&path.field("host"), &proxy.host, fqdn(&proxy.host));
    if proxy.port.is_none() {
        issues.error(
            &path.field("port"),
            "sidecar: egress_proxy port must be non-nil",
        );
        return;
    }
    destination(proxy, &path, issues);
}
