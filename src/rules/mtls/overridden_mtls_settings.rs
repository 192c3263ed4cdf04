//! KIA0204: a DestinationRule without TLS settings takes the place of a wider one that demands
//! mTLS.

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::registry::Host;
use crate::mesh::security::client_mode;
use crate::mesh::{Mesh, ScopeClass};
use crate::model::Object;
use crate::model::networking::{ClientTlsMode, DestinationRule};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "overridden-mtls-settings",
    codes: &[Code::KIA0204],
    runs: &[Run::Mesh(overridden_mtls_settings)],
};

type Rule = Object<DestinationRule>;

fn overridden_mtls_settings(mesh: &Mesh, findings: &mut Findings) {
    let wide = Wide::new(mesh);
    if wide.is_empty() {
        return;
    }
    for rule in &mesh.objects.destination_rules {
        if rule.broken || mesh.objects.is_context(rule.id) || has_tls_settings(&rule.spec) {
            continue;
        }
        // Without TLS settings automatic mTLS is in force, and does what the wider rule demands.
        let does_the_same = mesh
            .security
            .auto_mtls(mesh.places.namespace_of(rule.id))
            .is_on();
        if does_the_same && !mesh.quirks.run_time_plays_no_part {
            continue;
        }
        let overridden: Vec<&Rule> = wide
            .covering(rule, mesh)
            .into_iter()
            .filter(|other| meet(rule, other, mesh))
            .collect();
        if !overridden.is_empty() {
            findings.push(finding(rule, &overridden));
        }
    }
}

/// Rules that demand mTLS (`ISTIO_MUTUAL`), by what they cover.
struct Wide<'m> {
    of_mesh: Vec<&'m Rule>,
    /// Namespace-wide rules in their own namespace.
    of_namespace: FxHashMap<&'m str, Vec<&'m Rule>>,
    /// All of them by their host as written.
    by_host: FxHashMap<&'m str, Vec<&'m Rule>>,
}

impl<'m> Wide<'m> {
    fn new(mesh: &'m Mesh) -> Self {
        let mut wide = Self {
            of_mesh: Vec::new(),
            of_namespace: FxHashMap::default(),
            by_host: FxHashMap::default(),
        };
        for rule in &mesh.objects.destination_rules {
            if client_mode(&rule.spec) != Some(ClientTlsMode::IstioMutual) {
                continue;
            }
            wide.by_host.entry(&rule.spec.host).or_default().push(rule);
            if mesh.security.mesh_wide_mode(&rule.spec).is_some() {
                wide.of_mesh.push(rule);
            } else if mesh
                .security
                .namespace_wide_mode(&rule.spec, rule.namespace())
                .is_some()
            {
                wide.of_namespace
                    .entry(rule.namespace())
                    .or_default()
                    .push(rule);
            }
        }
        wide
    }

    fn is_empty(&self) -> bool {
        self.by_host.is_empty()
    }

    /// The rules whose TLS settings a rule without any takes the place of.
    fn covering(&self, rule: &Rule, mesh: &Mesh) -> Vec<&'m Rule> {
        let host = if mesh.quirks.overriding_rules_are_full_names {
            mesh.registry.parse(&rule.spec.host, rule.namespace())
        } else {
            mesh.routing.host_of(rule)
        };
        let mut found: Vec<&'m Rule> = Vec::new();
        if covered_by_mesh(&rule.spec.host, &host, mesh) {
            found.extend(&self.of_mesh);
        }
        if host.complete {
            found.extend(self.of_namespace.get(host.namespace).into_iter().flatten());
        }
        let pattern = format!("*.{}.{}", host.namespace, host.domain);
        let name = host.to_string();
        for text in [pattern.as_str(), name.as_str()] {
            for other in self
                .by_host
                .get(text)
                .into_iter()
                .flatten()
                .filter(|other| other.id != rule.id)
            {
                if !found.iter().any(|known| known.id == other.id) {
                    found.push(other);
                }
            }
        }
        found
    }
}

/// Whether `*.local` covers the host; upstream never asks.
fn covered_by_mesh(written: &str, host: &Host<'_>, mesh: &Mesh) -> bool {
    let is_local = written.rsplit('.').next() == Some("local");
    mesh.quirks.mesh_wide_rules_cover_external_hosts || host.complete || is_local
}

/// Whether some namespace sees and imports both rules.
fn meet(rule: &Rule, other: &Rule, mesh: &Mesh) -> bool {
    mesh.visibility
        .scope_classes()
        .iter()
        .any(|class| takes(class, rule, mesh) && takes(class, other, mesh))
}

fn takes(class: &ScopeClass, rule: &Rule, mesh: &Mesh) -> bool {
    if !mesh.visibility.is_visible(rule.id, class.representative()) {
        return false;
    }
    class.scope.is_unlimited() || {
        let host = mesh.registry.resolve(&rule.spec.host, rule.namespace());
        class
            .scope
            .imports(&rule.spec.host, rule.namespace(), &host)
    }
}

fn has_tls_settings(rule: &DestinationRule) -> bool {
    rule.traffic_policy.as_ref().is_some_and(|policy| {
        policy.tls.is_some()
            || policy
                .port_level_settings
                .iter()
                .any(|port| port.tls.is_some())
    })
}

fn finding(rule: &Rule, overridden: &[&Rule]) -> Finding {
    let mut names: Vec<String> = overridden
        .iter()
        .take(3)
        .map(|other| format!("{}/{}", other.namespace(), other.name()))
        .collect();
    names.dedup();
    let more = if overridden.len() > 3 {
        format!(" and {} more", overridden.len() - 3)
    } else {
        String::new()
    };
    let message = format!(
        "mTLS settings of a non-local Destination Rule are overridden: this rule for {} has no TLS settings and \
         takes the place of {}{more}, so its clients no longer do what that demands",
        rule.spec.host,
        names.join(", ")
    );
    let mut finding = Finding::new(Code::KIA0204, rule.id, "spec/trafficPolicy", message).help(
        "repeat the TLS settings here; Istio uses one DestinationRule for a host and merges none:\n\n\
         trafficPolicy:\n  tls:\n    mode: ISTIO_MUTUAL",
    );
    for other in overridden {
        finding = finding.related(other.id, super::MODE_PATH, "mTLS is demanded here");
    }
    finding
}
