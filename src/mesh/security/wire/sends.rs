//! What a client sends to a port of a Service: the TLS settings of its DestinationRule, automatic
//! mutual TLS where there are none, HBONE in ambient mode.
//!
//! Source: Istio's `pilot/pkg/networking/core/cluster_tls.go` (`buildUpstreamTLSSettings`,
//! `applyUpstreamTLSSettings`) and `cluster_traffic_policy.go`, `endpoint_builder.go` for the mode of
//! each endpoint.

use super::rules::Group;
use super::targets::{Port, Target};
use super::{Client, Mode, Proxy, ServerId, Wire};
use crate::mesh::workloads::WorkloadId;
use crate::model::networking::{
    ClientTlsMode, ClientTlsSettings, LoadBalancerSettings, PortTrafficPolicy, SimpleLb,
    TrafficPolicy,
};
use crate::model::{Labels, ObjectId, Str};
use crate::path;
use crate::yaml::FieldPath;

/// What goes over the wire to one backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sent {
    /// Plain text.
    Plaintext,
    /// Mutual TLS of the mesh, or HBONE.
    Mtls,
    /// TLS that the application must end (`SIMPLE`).
    Tls,
    /// TLS with a certificate of the user's own (`MUTUAL`).
    Mutual,
}

/// Why a client sends what it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The client has no proxy.
    NoProxy,
    /// A DestinationRule says so.
    Rule(ClientTlsMode),
    /// A DestinationRule names a secret, which sidecars do not read.
    CredentialName,
    /// Automatic mutual TLS.
    Auto,
    /// The Service is outside the mesh.
    External,
    /// Automatic mutual TLS is off.
    AutoOff,
    /// One decision for all backends: not all of them have a sidecar.
    SomeWithoutSidecar,
    /// The namespace's mode is DISABLE.
    NamespaceDisabled,
    /// One decision for all backends: clients connect to addresses that they choose.
    OriginalDestination,
    /// The backend does not say that it speaks mutual TLS.
    NoSidecar,
    /// A DestinationRule has TLS settings above an entry for the port that has none.
    LeftOver(ClientTlsMode),
    /// The mode of the backend's port is DISABLE.
    PortDisabled,
    /// Both ends are in ambient mode, or take HBONE.
    Hbone,
    /// ztunnel sends plain text to what takes no HBONE.
    NoHbone,
}

/// What a client sends to one backend, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sends {
    /// What goes over the wire.
    pub sent: Sent,
    /// Why.
    pub reason: Reason,
    /// Where a DestinationRule decides about it.
    pub by: Option<RuleDecision>,
    /// Whether TLS of the application travels inside a tunnel.
    pub in_tunnel: bool,
}

/// The place in a DestinationRule that decides about TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RuleDecision {
    /// The DestinationRule.
    pub rule: ObjectId,
    subset: Option<usize>,
    port: Option<usize>,
}

impl RuleDecision {
    /// The path of the TLS mode.
    pub fn path(&self) -> FieldPath {
        self.tls_path().field("mode")
    }

    /// The path of the TLS settings.
    pub fn tls_path(&self) -> FieldPath {
        match (self.subset, self.port) {
            (None, None) => path!["spec", "trafficPolicy", "tls"],
            (None, Some(port)) => path!["spec", "trafficPolicy", "portLevelSettings", port, "tls"],
            (Some(subset), None) => path!["spec", "subsets", subset, "trafficPolicy", "tls"],
            (Some(subset), Some(port)) => {
                let base = path!["spec", "subsets", subset, "trafficPolicy"];
                base.join(&path!["portLevelSettings", port, "tls"])
            }
        }
    }

    /// The index of the subset whose settings these are, `None` for those of the whole host.
    pub fn subset(&self) -> Option<usize> {
        self.subset
    }
}

type Setting<'m> = (&'m ClientTlsSettings, RuleDecision);

/// A policy that takes part: the rule's or a subset's, and where it stands.
#[derive(Debug, Clone, Copy)]
struct Part<'m> {
    policy: &'m TrafficPolicy,
    rule: ObjectId,
    subset: Option<usize>,
    /// The labels of the subset.
    labels: Option<&'m Labels>,
}

impl<'m> Part<'m> {
    fn entry(&self, port: i64) -> Option<(usize, &'m PortTrafficPolicy)> {
        let mut entries = self.policy.port_level_settings.iter().enumerate();
        entries.find(|(_, entry)| {
            let number = entry.port.map(|port| i64::from(port.number));
            number == Some(port)
        })
    }

    fn at(&self, port: Option<usize>) -> RuleDecision {
        RuleDecision {
            rule: self.rule,
            subset: self.subset,
            port,
        }
    }

    /// The settings in force for a port: an entry for it counts alone, with or without TLS.
    fn tls(&self, port: i64) -> Option<Setting<'m>> {
        match self.entry(port) {
            Some((index, entry)) => Some((entry.tls.as_deref()?, self.at(Some(index)))),
            None => Some((self.policy.tls.as_deref()?, self.at(None))),
        }
    }

    /// The settings that automatic mutual TLS looks for: those of an entry, else those above it.
    fn any_tls(&self, port: i64) -> Option<Setting<'m>> {
        let top = || Some((self.policy.tls.as_deref()?, self.at(None)));
        self.tls(port).or_else(top)
    }

    fn passes_through(&self, port: i64) -> bool {
        match self.entry(port) {
            Some((_, entry)) => is_passthrough(entry.load_balancer.as_deref()),
            None => is_passthrough(self.policy.load_balancer.as_deref()),
        }
    }
}

fn is_passthrough(balancer: Option<&LoadBalancerSettings>) -> bool {
    balancer.and_then(|balancer| balancer.simple) == Some(SimpleLb::Passthrough)
}

/// The way from clients of a class to a port of a Service, or to a subset of it.
#[derive(Debug, Clone, Copy)]
pub struct Way<'w> {
    wire: &'w Wire,
    client: &'w Client,
    target: &'w Target,
    port: Port<'w>,
    group: Option<&'w Group>,
    rule: Option<Part<'w>>,
    subset: Option<Part<'w>>,
    /// Whether a subset is asked for, with or without a policy.
    is_subset: bool,
}

impl Wire {
    /// The way from clients of a class to a port of a Service.
    pub fn way<'w>(&'w self, client: &'w Client, target: &'w Target, port: Port<'w>) -> Way<'w> {
        let group = self.group(client, target);
        let rule = group.and_then(|group| self.part(group.policy?, None));
        Way {
            wire: self,
            client,
            target,
            port,
            group,
            rule,
            subset: None,
            is_subset: false,
        }
    }

    fn part(&self, rule: u32, subset: Option<usize>) -> Option<Part<'_>> {
        let object = self.objects.destination_rules.get(rule as usize)?;
        let own = subset.and_then(|index| object.spec.subsets.get(index));
        let policy = match subset {
            None => &object.spec.traffic_policy,
            Some(_) => &own?.traffic_policy,
        };
        Some(Part {
            policy: policy.as_deref()?,
            rule: object.id,
            subset,
            labels: own.map(|own| &own.labels),
        })
    }
}

impl<'w> Way<'w> {
    /// The DestinationRules that hold, merged.
    pub fn group(&self) -> Option<&'w Group> {
        self.group
    }

    /// The same way to each subset whose own policy may change what is sent.
    pub fn subsets(&self) -> impl Iterator<Item = (&'w Str, Way<'w>)> {
        let way = *self;
        let subsets = self.group.into_iter().flat_map(|group| &group.subsets);
        subsets.filter_map(move |(name, rule, index)| {
            let subset = way.wire.part(*rule, Some(*index))?;
            Some((
                name,
                Way {
                    subset: Some(subset),
                    is_subset: true,
                    ..way
                },
            ))
        })
    }

    /// The same for the subsets that a workload belongs to.
    pub fn subsets_of(&self, workload: WorkloadId) -> impl Iterator<Item = (&'w Str, Way<'w>)> {
        let wire = self.wire;
        let labels = wire
            .workloads
            .get(workload)
            .map(|workload| &workload.labels);
        self.subsets().filter(move |(_, way)| {
            let part = way.subset.zip(labels);
            part.is_some_and(|(part, labels)| part.labels.is_some_and(|own| own.selects(labels)))
        })
    }

    /// The TLS settings in force, if a DestinationRule makes any.
    fn settings(&self) -> Option<Setting<'w>> {
        let number = self.port.number();
        if let Some(subset) = &self.subset {
            let own = subset.tls(number);
            if own.is_some() || subset.entry(number).is_some() {
                return own;
            }
        }
        self.rule?.tls(number)
    }

    /// Whether the cluster connects to the address that the client chose.
    fn is_original_destination(&self) -> bool {
        let number = self.port.number();
        self.target.is_headless && !self.client.proxy.is_gateway()
            || self.rule.is_some_and(|rule| rule.passes_through(number))
            || self.subset.is_some_and(|own| own.passes_through(number))
    }

    /// What goes to a backend.
    pub fn to(&self, server: ServerId, workload: WorkloadId) -> Sends {
        let sends = |sent, reason| Sends {
            sent,
            reason,
            by: None,
            in_tunnel: false,
        };
        let wire = self.wire;
        let Some(backend) = wire.server(server) else {
            return sends(Sent::Plaintext, Reason::NoProxy);
        };
        match self.client.proxy {
            Proxy::None => return sends(Sent::Plaintext, Reason::NoProxy),
            Proxy::Ambient if backend.proxy == Proxy::Ambient || backend.takes_hbone => {
                return sends(Sent::Mtls, Reason::Hbone);
            }
            Proxy::Ambient => return sends(Sent::Plaintext, Reason::NoHbone),
            Proxy::Sidecar | Proxy::Gateway | Proxy::Waypoint => {}
        }
        let told = self.settings().map(|setting| self.told(setting));
        let is_direct = self.is_original_destination() && !self.client.proxy.is_gateway();
        if backend.proxy == Proxy::Ambient && !is_direct {
            return match told {
                Some(told) if matches!(told.sent, Sent::Tls | Sent::Mutual) => Sends {
                    in_tunnel: true,
                    ..told
                },
                _ => sends(Sent::Mtls, Reason::Hbone),
            };
        }
        told.unwrap_or_else(|| {
            let (sent, reason, by) = self.automatic(server, workload);
            Sends {
                by,
                ..sends(sent, reason)
            }
        })
    }

    /// What TLS settings make of it.
    fn told(&self, (settings, by): Setting<'_>) -> Sends {
        let secret = &settings.credential_name;
        let is_ignored = !secret.is_empty()
            && !secret.starts_with("configmap://")
            && !self.client.proxy.is_gateway()
            && !self.is_selective(by.rule);
        let (sent, reason) = match settings.mode {
            ClientTlsMode::IstioMutual => (Sent::Mtls, Reason::Rule(settings.mode)),
            ClientTlsMode::Disable => (Sent::Plaintext, Reason::Rule(settings.mode)),
            _ if is_ignored => (Sent::Plaintext, Reason::CredentialName),
            ClientTlsMode::Simple => (Sent::Tls, Reason::Rule(settings.mode)),
            ClientTlsMode::Mutual => (Sent::Mutual, Reason::Rule(settings.mode)),
        };
        Sends {
            sent,
            reason,
            by: Some(by),
            in_tunnel: false,
        }
    }

    fn is_selective(&self, rule: ObjectId) -> bool {
        let mut rules = self.group.into_iter().flat_map(Group::rules);
        rules.any(|position| {
            let rules = &self.wire.objects.destination_rules;
            rules
                .get(*position as usize)
                .is_some_and(|own| own.id == rule && own.spec.workload_selector.is_some())
        })
    }

    /// What would go to a backend if no DestinationRule had TLS settings.
    pub fn without_rule(&self, server: ServerId, workload: WorkloadId) -> Sent {
        let plain = Self {
            rule: None,
            subset: None,
            group: None,
            ..*self
        };
        plain.to(server, workload).sent
    }

    /// Automatic mutual TLS: what is sent where no settings are in force.
    fn automatic(
        &self,
        server: ServerId,
        workload: WorkloadId,
    ) -> (Sent, Reason, Option<RuleDecision>) {
        let plain = |reason| (Sent::Plaintext, reason, None);
        let wire = self.wire;
        let number = self.port.number();
        if self.target.is_external {
            return plain(Reason::External);
        }
        if !wire.is_auto(self.target.namespace) {
            return plain(Reason::AutoOff);
        }
        let above = if self.is_subset {
            self.subset
        } else {
            self.rule
        };
        let is_one = self.target.is_headless
            || above.is_some_and(|part| is_passthrough(part.policy.load_balancer.as_deref()));
        if is_one && !wire.backends(self.target).all_speak_mtls {
            return plain(Reason::SomeWithoutSidecar);
        }
        if wire.namespace_mode(self.target.namespace).0 == Mode::Disable {
            return plain(Reason::NamespaceDisabled);
        }
        if self.is_original_destination() {
            return (Sent::Mtls, Reason::OriginalDestination, None);
        }
        let Some(backend) = wire.server(server).filter(|backend| backend.has_tls_label) else {
            return plain(Reason::NoSidecar);
        };
        let own = self.subset.and_then(|part| part.any_tls(number));
        let left = own.or_else(|| self.rule?.any_tls(number));
        if let Some((settings, by)) = left {
            let reason = Reason::LeftOver(settings.mode);
            let sent = match settings.mode {
                ClientTlsMode::IstioMutual => Sent::Mtls,
                _ => Sent::Plaintext,
            };
            return (sent, reason, Some(by));
        }
        let port = wire.workload_port(self.port.declared, workload);
        if !backend.proxy.is_gateway() && wire.accepts(server, port).mode() == Some(Mode::Disable) {
            return plain(Reason::PortDisabled);
        }
        (Sent::Mtls, Reason::Auto, None)
    }

    /// Whether the names that the settings demand of the server's certificate leave out the identity
    /// of a workload.
    pub fn refuses_identity(&self, workload: WorkloadId) -> bool {
        let Some((settings, _)) = self.settings() else {
            return false;
        };
        settings.mode == ClientTlsMode::IstioMutual
            && !settings.subject_alt_names.is_empty()
            && !self.wire.identity(workload).is_some_and(|identity| {
                let mut names = settings.subject_alt_names.iter();
                names.any(|name| name.strip_prefix("spiffe://") == Some(identity.as_str()))
            })
    }
}
