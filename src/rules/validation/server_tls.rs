//! TLS of servers: those of Gateways and the ingress listeners of Sidecars.

use crate::model::Str;
use crate::model::networking::{ServerTlsMode, ServerTlsSettings, TlsProtocol};

use super::issues::Issues;
use crate::yaml::Trail;

/// Checks the TLS settings of a server at `path`.
pub(crate) fn check(tls: &ServerTlsSettings, path: &Trail<'_>, issues: &mut Issues) {
    let is_old = matches!(
        tls.min_protocol_version,
        TlsProtocol::V1_0 | TlsProtocol::V1_1
    );
    if is_old && tls.cipher_suites.is_empty() {
        issues
            .warn(
                &path.field("minProtocolVersion"),
                "TLS version below TLSV1_2 require setting compatible ciphers as by default they \
                 no longer include compatible ciphers.",
            )
            .help(
                "set minProtocolVersion: TLSV1_2, or list cipherSuites that TLS 1.0 and 1.1 know",
            );
    }
    cipher_suites(&tls.cipher_suites, &path.field("cipherSuites"), issues);

    let has = |text: &Str| !text.is_empty();
    let has_credential = has(&tls.credential_name) || !tls.credential_names.is_empty();
    let files = [
        (
            has(&tls.server_certificate),
            "serverCertificate",
            "server certificate",
        ),
        (has(&tls.private_key), "privateKey", "private key"),
        (has(&tls.ca_certificates), "caCertificates", "CA bundle"),
        (
            !tls.tls_certificates.is_empty(),
            "tlsCertificates",
            "tlsCertificates",
        ),
        (
            has(&tls.credential_name),
            "credentialName",
            "credentialName",
        ),
        (
            !tls.credential_names.is_empty(),
            "credentialNames",
            "credentialNames",
        ),
    ];
    if tls.mode == ServerTlsMode::IstioMutual {
        for (is_set, field, what) in files {
            if is_set {
                issues
                    .error(
                        &path.field(field),
                        format!("ISTIO_MUTUAL TLS cannot have associated {what}"),
                    )
                    .help(format!(
                        "Istio brings its own certificates: remove {field}, or use mode MUTUAL"
                    ));
            }
        }
        return;
    }
    let passes_through = matches!(
        tls.mode,
        ServerTlsMode::Passthrough | ServerTlsMode::AutoPassthrough
    );
    if passes_through && (has(&tls.ca_crl) || files.iter().any(|(is_set, ..)| *is_set)) {
        issues
            .warn(
                &path.field("mode"),
                format!(
                    "{} mode does not use certificates, they will be ignored",
                    tls.mode
                ),
            )
            .help("set mode: SIMPLE to end TLS here with these certificates, or remove them");
    }
    let sources = [
        has(&tls.server_certificate) && has(&tls.private_key),
        has(&tls.credential_name),
        !tls.credential_names.is_empty(),
        !tls.tls_certificates.is_empty(),
    ];
    if sources.iter().filter(|is_set| **is_set).count() > 1 {
        issues.error(
            path,
            "only one of credential_name, credential_names, server_certificate/private_key, \
             tls_certificates should be specified",
        );
    }
    let needs_certificate = matches!(
        tls.mode,
        ServerTlsMode::Simple | ServerTlsMode::Mutual | ServerTlsMode::OptionalMutual
    );
    if needs_certificate {
        if has_credential {
            return;
        }
        certificates(tls, path, issues);
    }
    if has(&tls.ca_crl) {
        if has(&tls.credential_name) {
            issues.error(
                &path.field("caCrl"),
                "CRL is not supported with credentialName. CRL has to be specified in the \
                 credential",
            );
        }
        if tls.mode == ServerTlsMode::Simple {
            issues.error(&path.field("caCrl"), "CRL is not supported with SIMPLE TLS");
        }
    }
}

/// What a server that ends TLS needs when no secret is named.
fn certificates(tls: &ServerTlsSettings, path: &Trail<'_>, issues: &mut Issues) {
    let is_simple = tls.mode == ServerTlsMode::Simple;
    let name = if is_simple {
        "SIMPLE TLS"
    } else {
        "MUTUAL TLS"
    };
    if !is_simple && tls.ca_certificates.is_empty() {
        issues
            .error(
                &path.field("caCertificates"),
                "MUTUAL TLS requires a client CA bundle",
            )
            .help("add caCertificates, or a credentialName whose secret holds ca.crt");
    }
    let list = path.field("tlsCertificates");
    if tls.tls_certificates.len() > 2 {
        issues.warn(
            &list,
            format!("{name} can support up to 2 server certificates"),
        );
    }
    if tls.tls_certificates.is_empty() {
        pair(
            &tls.server_certificate,
            &tls.private_key,
            name,
            path,
            issues,
        );
    }
    for (index, entry) in tls.tls_certificates.iter().enumerate() {
        pair(
            &entry.server_certificate,
            &entry.private_key,
            name,
            &list.item(index),
            issues,
        );
    }
}

fn pair(certificate: &str, key: &str, name: &str, path: &Trail<'_>, issues: &mut Issues) {
    for (value, field, what) in [
        (certificate, "serverCertificate", "server certificate"),
        (key, "privateKey", "private key"),
    ] {
        if value.is_empty() {
            issues
                .error(&path.field(field), format!("{name} requires a {what}"))
                .help(
                    "add credentialName, the secret that holds key and certificate, or the paths \
                     serverCertificate and privateKey",
                );
        }
    }
}

fn cipher_suites(suites: &[Str], path: &Trail<'_>, issues: &mut Issues) {
    if suites.is_empty() {
        return;
    }
    let (mut invalid, mut repeated) = (Vec::new(), Vec::new());
    let mut sorted: Vec<&str> = suites.iter().map(Str::as_str).collect();
    sorted.sort_unstable();
    for same in sorted.chunk_by(|a, b| a == b) {
        if let Some(suite) = same.first() {
            if !is_cipher_suite(suite) {
                invalid.push(*suite);
            } else if same.len() > 1 {
                repeated.push(*suite);
            }
        }
    }
    if !invalid.is_empty() {
        issues
            .warn(
                path,
                format!("ignoring invalid cipher suites: [{}]", invalid.join(" ")),
            )
            .help(format!("Istio knows {}", CIPHER_SUITES.join(", ")));
    }
    if !repeated.is_empty() {
        issues.warn(
            path,
            format!("ignoring duplicate cipher suites: [{}]", repeated.join(" ")),
        );
    }
}

const CIPHER_SUITES: [&str; 15] = [
    "AES128-GCM-SHA256",
    "AES128-SHA",
    "AES256-GCM-SHA384",
    "AES256-SHA",
    "DES-CBC3-SHA",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-CHACHA20-POLY1305",
];

/// Whether it is a suite, `ALL`, or an operator of the syntax of `BoringSSL` such as `-ALL`.
fn is_cipher_suite(suite: &str) -> bool {
    suite
        .chars()
        .next()
        .is_none_or(|first| !first.is_alphanumeric())
        || suite == "ALL"
        || CIPHER_SUITES.contains(&suite)
}
