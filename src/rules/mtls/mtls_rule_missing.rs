//! KIA0401, KIA0501: a policy is strict, but clients are not told to use mTLS. KIA0505, KIA0506: a
//! policy disables mTLS, but clients are told to use it. The policies of the old authentication
//! API are judged like PeerAuthentications.

use super::{MODE_PATH, destination_rule, kind_name};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::security::{PeerPolicy, is_mutual};
use crate::mesh::{Mesh, NamespaceId};
use crate::model::networking::{ClientTlsMode, DestinationRule};
use crate::model::security::MtlsMode;
use crate::model::{Object, ObjectId};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "mtls-rule-missing",
    codes: &[Code::KIA0401, Code::KIA0501, Code::KIA0505, Code::KIA0506],
    runs: &[Run::Mesh(mtls_rule_missing)],
};

fn mtls_rule_missing(mesh: &Mesh, findings: &mut Findings) {
    for (namespace, _) in mesh.places.managed() {
        let is_root = mesh.places.is_own_root(namespace);
        for policy in mesh.security.peer_policies(namespace) {
            let finding = match policy.wide() {
                Some(MtlsMode::Strict) if is_root => strict_mesh(policy, namespace, mesh),
                Some(MtlsMode::Strict) => strict_namespace(policy, namespace, mesh),
                Some(MtlsMode::Disable) if is_root => disabled_mesh(policy, namespace, mesh),
                Some(MtlsMode::Disable) => disabled_namespace(policy, namespace, mesh),
                _ => None,
            };
            if let Some(finding) = finding {
                findings.push(finding);
            }
        }
    }
}

fn strict_mesh(policy: &PeerPolicy, namespace: NamespaceId, mesh: &Mesh) -> Option<Finding> {
    let told = mesh
        .security
        .mesh_wide_rules(namespace)
        .any(|(_, mode)| mode == ClientTlsMode::IstioMutual);
    if mesh.security.auto_mtls(namespace).is_on() || told {
        return None;
    }
    let root = mesh.places.name(namespace);
    let message = format!(
        "Mesh-wide Destination Rule enabling mTLS is missing: {} makes the whole mesh refuse plain text, but \
         automatic mTLS is off and no DestinationRule for *.local tells clients to use mTLS",
        this(policy)
    );
    Some(
        Finding::new(Code::KIA0401, policy.object, policy.mode_path(), message).help(format!(
            "add a DestinationRule, or set enableAutoMtls: true in the mesh config:\n\n{}",
            destination_rule(root, "*.local", "ISTIO_MUTUAL")
        )),
    )
}

fn strict_namespace(policy: &PeerPolicy, namespace: NamespaceId, mesh: &Mesh) -> Option<Finding> {
    let demands = |(_, mode): (&Object<DestinationRule>, _)| mode == ClientTlsMode::IstioMutual;
    if mesh.security.auto_mtls(namespace).is_on()
        || mesh
            .security
            .namespace_wide_rules(namespace, namespace)
            .any(demands)
        || mesh.security.mesh_wide_rules(namespace).any(demands)
    {
        return None;
    }
    let name = mesh.places.name(namespace);
    let host = format!("*.{name}.{}", mesh.registry.identity_domain);
    let message = format!(
        "Destination Rule enabling namespace-wide mTLS is missing: {} makes {name} refuse plain text, but automatic \
         mTLS is off and no DestinationRule for {host} tells clients to use mTLS",
        this(policy)
    );
    Some(
        Finding::new(Code::KIA0501, policy.object, policy.mode_path(), message).help(format!(
            "add a DestinationRule, or set enableAutoMtls: true in the mesh config:\n\n{}",
            destination_rule(name, &host, "ISTIO_MUTUAL")
        )),
    )
}

fn disabled_mesh(policy: &PeerPolicy, namespace: NamespaceId, mesh: &Mesh) -> Option<Finding> {
    let (rule, _) = mesh
        .security
        .mesh_wide_rules(namespace)
        .find(|(_, mode)| is_mutual(*mode))?;
    let root = mesh.places.name(namespace);
    let message = format!(
        "Destination Rule disabling mesh-wide mTLS is missing: {} makes the services of the mesh speak plain text, \
         but DestinationRule {}/{} tells clients to use mTLS",
        this(policy),
        rule.namespace(),
        rule.name()
    );
    let help = format!(
        "set the mode of that rule to DISABLE, or this one to PERMISSIVE:\n\n{}",
        destination_rule(root, "*.local", "DISABLE")
    );
    Some(demanded(
        Finding::new(Code::KIA0506, policy.object, policy.mode_path(), message).help(help),
        rule.id,
    ))
}

fn disabled_namespace(policy: &PeerPolicy, namespace: NamespaceId, mesh: &Mesh) -> Option<Finding> {
    let mut rule = None;
    for (own, mode) in mesh.security.namespace_wide_rules(namespace, namespace) {
        match mode {
            ClientTlsMode::Disable => return None,
            mode if is_mutual(mode) => {
                rule = Some(own);
                break;
            }
            _ => {}
        }
    }
    let rule = rule.or_else(|| {
        mesh.security
            .mesh_wide_rules(namespace)
            .find(|(_, mode)| is_mutual(*mode))
            .map(|(rule, _)| rule)
    })?;
    let name = mesh.places.name(namespace);
    let host = format!("*.{name}.{}", mesh.registry.identity_domain);
    let message = format!(
        "Destination Rule disabling namespace-wide mTLS is missing: {} makes the services of {name} speak plain \
         text, but DestinationRule {}/{} tells clients to use mTLS",
        this(policy),
        rule.namespace(),
        rule.name()
    );
    let help = format!(
        "tell clients to send plain text, or set the mode here to PERMISSIVE:\n\n{}",
        destination_rule(name, &host, "DISABLE")
    );
    Some(demanded(
        Finding::new(Code::KIA0505, policy.object, policy.mode_path(), message).help(help),
        rule.id,
    ))
}

fn this(policy: &PeerPolicy) -> String {
    format!("this {}", kind_name(policy.origin))
}

fn demanded(finding: Finding, rule: ObjectId) -> Finding {
    finding.related(rule, MODE_PATH, "mTLS is demanded here")
}
