//! Which calls the input shows: routes of gateways, hosts in the environment of pods, Sidecars and
//! DestinationRules that name a host for some workloads, policies that name who may call.
//!
//! Every workload can call every port; few do. What is shown here is what drawings draw and what
//! findings about a client without a proxy rest on.

mod environment;
mod hosts;
mod named;
mod routes;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::mesh::Mesh;
use crate::mesh::security::wire::{Port, Target, Wire};
use crate::mesh::workloads::WorkloadId;
use crate::model::ObjectId;

/// By what the input shows a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A route of a gateway leads there.
    Route,
    /// The environment of the pods names the host.
    Env,
    /// A Sidecar of the client names the host.
    Egress,
    /// A DestinationRule with a workloadSelector that selects the client names the host.
    Rule,
    /// An ALLOW policy of the server names the client.
    Allow,
}

impl Kind {
    /// All kinds, the surest first.
    pub const ALL: [Self; 5] = [
        Self::Route,
        Self::Env,
        Self::Egress,
        Self::Rule,
        Self::Allow,
    ];

    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Env => "env",
            Self::Egress => "egress",
            Self::Rule => "rule",
            Self::Allow => "allow",
        }
    }
}

/// Some kinds of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds(u8);

impl Kinds {
    /// Whether nothing shows the call.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds a kind.
    pub const fn add(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u8;
    }

    /// Adds all kinds of `other`.
    pub const fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The kinds, the surest first.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL
            .into_iter()
            .filter(move |kind| self.0 & 1 << *kind as u8 != 0)
    }
}

/// Services with the ports that are meant; none for all of them.
pub type Callees = FxHashMap<ObjectId, Vec<i64>>;

/// Calls that one place of the input shows: from each of some workloads to each of some Services.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// How.
    pub kind: Kind,
    /// The object that shows them.
    pub shown_by: ObjectId,
    /// Who calls.
    pub clients: Arc<[WorkloadId]>,
    /// Whom.
    pub callees: Arc<Callees>,
}

/// The calls that the input shows.
#[derive(Debug, Default)]
pub struct Calls {
    bundles: Vec<Bundle>,
    of_client: FxHashMap<WorkloadId, Vec<u32>>,
}

impl Calls {
    /// Finds all calls that the input of a mesh shows.
    pub fn find(mesh: &Mesh) -> Self {
        let finder = Finder {
            mesh,
            wire: mesh.security.wire(),
        };
        let mut calls = Self::default();
        finder.routes(&mut calls);
        finder.k8s_routes(&mut calls);
        finder.environment(&mut calls);
        finder.sidecars(&mut calls);
        finder.rules(&mut calls);
        finder.policies(&mut calls);
        calls
    }

    /// The calls, place by place.
    pub fn bundles(&self) -> &[Bundle] {
        &self.bundles
    }

    /// By what the input shows that a workload calls a port of a Service.
    pub fn between(&self, from: WorkloadId, target: &Target, port: i64) -> Kinds {
        let mut kinds = Kinds::default();
        for bundle in self.of(from) {
            let ports = bundle.callees.get(&target.object);
            if ports.is_some_and(|ports| ports.is_empty() || ports.contains(&port)) {
                kinds.add(bundle.kind);
            }
        }
        kinds
    }

    /// The bundles that a workload is a client in, the surest first.
    pub fn of(&self, from: WorkloadId) -> impl Iterator<Item = &Bundle> {
        let own = self.of_client.get(&from).into_iter().flatten();
        own.filter_map(|index| self.bundles.get(*index as usize))
    }

    fn add(&mut self, bundle: Bundle) {
        if bundle.clients.is_empty() || bundle.callees.is_empty() {
            return;
        }
        let index = u32::try_from(self.bundles.len()).unwrap_or(u32::MAX);
        for client in &*bundle.clients {
            self.of_client.entry(*client).or_default().push(index);
        }
        self.bundles.push(bundle);
    }
}

struct Finder<'m> {
    mesh: &'m Mesh,
    wire: &'m Wire,
}

impl<'m> Finder<'m> {
    /// The port of a Service that a call without a port goes to.
    fn first_port(&self, target: &Target) -> Option<i64> {
        let ports = self.wire.ports(target);
        ports.first().map(Port::number)
    }

    /// Adds a call to a port of a Service, its first where none is named.
    fn call(&self, callees: &mut Callees, target: &Target, port: Option<i64>) {
        if let Some(port) = port.or_else(|| self.first_port(target)) {
            let ports = callees.entry(target.object).or_default();
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
    }

    fn target_of_host(&self, host: &str, home: &str) -> Option<&'m Target> {
        let host = self.mesh.registry.parse(host, home);
        let is_plain = host.complete && !host.is_wildcard();
        is_plain
            .then(|| self.wire.target(host.namespace, host.service))
            .flatten()
    }
}
