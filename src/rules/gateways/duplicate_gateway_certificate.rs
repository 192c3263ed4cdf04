//! IST0138: Gateways that share a certificate, so that browsers reuse connections across them.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::full_name;
use crate::mesh::analysis::selectors::selector_text;
use crate::model::networking::{Gateway, ServerTlsSettings};
use crate::model::{Object, ObjectId};
use crate::rules::common::reading::meets;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "duplicate-gateway-certificate",
    codes: &[Code::IST0138],
    runs: &[Run::Mesh(duplicate_gateway_certificate)],
};

/// What makes two servers present the same certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Certificate<'a> {
    Credential(&'a str),
    Files(&'a str, &'a str),
}

/// Gateways with a certificate, by their selector.
type BySelector<'m> = FxHashMap<String, Vec<&'m Object<Gateway>>>;

fn duplicate_gateway_certificate(mesh: &Mesh, findings: &mut Findings) {
    let gateways: Vec<&Object<Gateway>> = mesh.analysis().gateways().collect();
    let mut users: FxHashMap<Certificate<'_>, BySelector<'_>> = FxHashMap::default();
    for gateway in &gateways {
        for certificate in certificates(gateway) {
            let text = selector_text(&gateway.spec.selector);
            let group = users.entry(certificate).or_default().entry(text);
            group.or_default().push(gateway);
        }
    }
    users.retain(|_, groups| groups.values().map(Vec::len).sum::<usize>() > 1);
    for gateway in gateways {
        let mut others: BTreeSet<(String, ObjectId)> = BTreeSet::new();
        for groups in certificates(gateway).iter().filter_map(|c| users.get(c)) {
            for group in groups.values() {
                let is_narrower = group
                    .first()
                    .is_some_and(|first| gateway.spec.selector.selects(&first.spec.selector));
                if is_narrower {
                    let room = MOST.saturating_sub(others.len());
                    let rest = group.iter().filter(|other| other.id != gateway.id);
                    others.extend(
                        rest.take(room)
                            .map(|other| (full_name(other.namespace(), other.name()), other.id)),
                    );
                }
            }
        }
        report(gateway, others, mesh, findings);
    }
}

/// How many other Gateways are looked at: where a certificate is that common, nobody reads on.
const MOST: usize = 100;

/// The certificates of a Gateway's servers, each once.
fn certificates(gateway: &Object<Gateway>) -> BTreeSet<Certificate<'_>> {
    gateway
        .spec
        .servers
        .iter()
        .filter_map(|server| certificate(server.tls.as_deref()?))
        .collect()
}

fn certificate(tls: &ServerTlsSettings) -> Option<Certificate<'_>> {
    if !tls.credential_name.is_empty() {
        return Some(Certificate::Credential(&tls.credential_name));
    }
    let has_files = !tls.server_certificate.is_empty() && !tls.private_key.is_empty();
    has_files.then_some(Certificate::Files(
        &tls.server_certificate,
        &tls.private_key,
    ))
}

/// One finding for each other Gateway under the quirk, else one for all of them.
fn report(
    gateway: &Object<Gateway>,
    others: BTreeSet<(String, ObjectId)>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if others.is_empty() || !meets(gateway.id, others.iter().map(|(_, id)| *id), mesh) {
        return;
    }
    let make = |names: String| {
        let message = format!(
            "the Gateway presents the same certificate as {names}: clients that reuse an HTTP/2 \
             connection for both get 404s"
        );
        Finding::new(Code::IST0138, gateway.id, "metadata/name", message).help(
            "serve the hosts that share a certificate from one Gateway, or give each its own \
             certificate",
        )
    };
    if mesh.quirks.every_case_is_reported {
        for (name, id) in others {
            findings.push(make(name).related(id, "metadata/name", "the other Gateway"));
        }
        return;
    }
    let mut finding = make(crate::rules::common::lists::list(
        others.iter().map(|(name, _)| name),
    ));
    for (_, id) in others.iter().take(5) {
        finding = finding.related(*id, "metadata/name", "presents it too");
    }
    findings.push(finding);
}
