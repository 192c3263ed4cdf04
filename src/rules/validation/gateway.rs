//! IST0106, IST0133: what the admission webhook says of a Gateway.

use rustc_hash::FxHashSet;

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{Gateway, Port, Server, ServerTlsMode};

use super::domains::{scope_namespace, scoped_name};
use super::issues::Issues;
use super::ports::{Protocol, unix_path};
use super::text::{is_dns_label, is_ip, is_placeholder, quote};
use super::{server_tls, validate};
use crate::yaml::Trail;

/// Validates a Gateway.
pub(super) fn check(gateway: &Object<Gateway>, mesh: &Mesh, findings: &mut Findings) {
    validate(gateway, mesh, findings, |spec, issues| {
        name(gateway.name(), issues);
        servers(spec, issues);
    });
}

/// An object that gets its name from the API server has none yet.
fn name(name: &str, issues: &mut Issues) {
    if !name.is_empty() && !is_dns_label(name) && !is_placeholder(name) {
        issues
            .error(
                &Trail::top("metadata").field("name"),
                format!("invalid gateway name: {}", quote(name)),
            )
            .help("a Gateway's name holds letters, digits and hyphens, no dots");
    }
}

fn servers(gateway: &Gateway, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let path = spec.field("servers");
    if gateway.servers.is_empty() {
        issues.error(&path, "gateway must have at least one server");
    }
    let mut shown = Shown::default();
    for (index, item) in gateway.servers.iter().enumerate() {
        server(item, &mut shown, &path.item(index), issues);
    }
    let mut names: FxHashSet<&str> = FxHashSet::default();
    for (index, server) in gateway.servers.iter().enumerate() {
        let path = path.item(index);
        let Some(port) = &server.port else { continue };
        if !names.insert(&port.name) {
            issues
                .error(
                    &path.field("port").field("name"),
                    format!(
                        "port names in servers must be unique: duplicate name {}",
                        port.name
                    ),
                )
                .help("give each server's port a name of its own");
        }
        let redirects = server.tls.as_ref().is_some_and(|tls| tls.https_redirect);
        if redirects && !Protocol::parse(&port.protocol).is_http() {
            issues
                .warn(
                    &path.field("tls").field("httpsRedirect"),
                    "tls.httpsRedirect should only be used with http servers",
                )
                .help("set it on the server of the plain HTTP port, whose clients are redirected");
        }
    }
}

/// The texts of ports that messages show. The same mistake at several ports is one finding, which
/// shows the first of them.
#[derive(Default)]
struct Shown {
    unnamed: Option<String>,
    on_socket: Option<String>,
}

fn server(server: &Server, shown: &mut Shown, path: &Trail<'_>, issues: &mut Issues) {
    let hosts = path.field("hosts");
    if server.hosts.is_empty() {
        issues
            .error(&hosts, "server config must contain at least one host")
            .help("add hosts: [\"*\"], or the names that the server answers for");
    }
    for (index, name) in server.hosts.iter().enumerate() {
        host(name, &hosts.item(index), issues);
    }
    let unix = server.bind.strip_prefix("unix://");
    let before = issues.mark();
    match &server.port {
        Some(port) => check_port(port, unix.is_some(), shown, &path.field("port"), issues),
        None => {
            issues.error(&path.field("port"), "port is required");
        }
    }
    let port_is_fine = issues.mark() == before;
    let bind = path.field("bind");
    if let Some(file) = unix {
        issues.check_value(&bind, file, unix_path(file));
        if let Some(port) = server.port.as_ref().filter(|port| port.number != 0) {
            let text = shown.on_socket.get_or_insert_with(|| proto_text(port));
            issues.error(
                &path.field("port").field("number"),
                format!("port number must be 0 for unix domain socket: {text}"),
            );
        }
    } else if !server.bind.is_empty() && !is_ip(&server.bind) {
        let result = Err(format!("{} is not a valid IP", server.bind));
        issues.check_value(&bind, &server.bind, result);
    }
    if let Some(tls) = &server.tls {
        server_tls::check(tls, &path.field("tls"), issues);
    }
    if port_is_fine && let Some(port) = &server.port {
        tls_fits_protocol(server, port, path, issues);
    }
}

fn check_port(
    port: &Port,
    is_unix: bool,
    shown: &mut Shown,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    if Protocol::parse(&port.protocol) == Protocol::Unsupported {
        let message = format!(
            "invalid protocol {}, supported protocols are HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, \
             REDIS, MYSQL, TCP",
            quote(&port.protocol)
        );
        let result = Err(message);
        if let Some(issue) = issues.check_value(&path.field("protocol"), &port.protocol, result) {
            issue.help("HTTPS and TLS are supported as well");
        }
    }
    if port.number != 0 || !is_unix {
        issues.check_port(&path.field("number"), port.number);
    }
    if port.target_port > 0 {
        issues
            .error(
                &path.field("targetPort"),
                "targetPort has no impact on Gateways",
            )
            .help("remove it; the gateway's Service maps the port");
    }
    if port.name.is_empty() {
        let text = shown.unnamed.get_or_insert_with(|| proto_text(port));
        issues
            .error(
                &path.field("name"),
                format!("port name must be set: {text}"),
            )
            .help("add a name, such as http");
    }
}

/// A port as protobuf prints it.
fn proto_text(port: &Port) -> String {
    let mut parts = Vec::with_capacity(4);
    if port.number != 0 {
        parts.push(format!("number:{}", port.number));
    }
    if !port.protocol.is_empty() {
        parts.push(format!("protocol:{}", quote(&port.protocol)));
    }
    if !port.name.is_empty() {
        parts.push(format!("name:{}", quote(&port.name)));
    }
    if port.target_port != 0 {
        parts.push(format!("target_port:{}", port.target_port));
    }
    parts.join(" ")
}

fn tls_fits_protocol(server: &Server, port: &Port, path: &Trail<'_>, issues: &mut Issues) {
    let protocol = Protocol::parse(&port.protocol);
    let path = path.field("tls");
    match &server.tls {
        None if protocol.is_tls() => {
            issues
                .error(
                    &path,
                    "server must have TLS settings for HTTPS/TLS protocols",
                )
                .help("add tls with a mode, such as SIMPLE with a credentialName");
        }
        Some(tls) if protocol.is_http() => {
            let passes_through = matches!(
                tls.mode,
                ServerTlsMode::Passthrough | ServerTlsMode::AutoPassthrough
            );
            let has_files = [
                &tls.ca_certificates,
                &tls.private_key,
                &tls.server_certificate,
            ]
            .iter()
            .any(|file| !file.is_empty());
            if !passes_through || has_files {
                issues
                    .error(
                        &path,
                        "server cannot have TLS settings for plain text HTTP ports",
                    )
                    .help("set the port's protocol: HTTPS, or remove tls");
            }
        }
        Some(_) if !protocol.is_tls() => {
            issues
                .error(
                    &path,
                    "server cannot have TLS settings for non HTTPS/TLS ports",
                )
                .help("set the port's protocol: TLS, or remove tls");
        }
        _ => {}
    }
}

/// A host of a server: `[namespace/]name`.
fn host(host: &str, path: &Trail<'_>, issues: &mut Issues) {
    let Some((namespace, name)) = host.split_once('/') else {
        scoped_name(host, true, path, issues);
        return;
    };
    if namespace.is_empty() || name.is_empty() {
        issues.error(
            path,
            "config namespace and dnsName in host entry cannot be empty",
        );
    }
    scope_namespace(namespace, &["*", "."], namespace, "gateway", path, issues);
    scoped_name(name, true, path, issues);
}
