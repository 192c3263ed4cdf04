//! Whether a call would be allowed: the TLS of the connection, then the policies of the server's
//! proxy in the order in which it asks them.
//!
//! [`Answers::answer`] answers a [`Query`]; [`Answers::everyone`] asks for each workload. What would
//! have to change for the other answer is found by [`change`](Change).

mod change;
mod external;
mod query;
mod stages;
mod suite;
mod tls;
mod tokens;
mod told;

use std::net::IpAddr;

pub use change::Change;
pub use query::{From, Query, To, Unanswerable};
pub use stages::{Outcome, Policy, Stage, Step};
pub use suite::{Failed, Suite};

use super::edges::words;
use super::edges::{known_namespace, name_of};
use crate::mesh::Mesh;
use crate::mesh::registry::Protocol;
use crate::mesh::security::authorization::{Http, Reader, Request, normalized};
use crate::mesh::security::wire::{Port, Proxy, Target, Wire};
use crate::mesh::workloads::WorkloadId;
use crate::model::ObjectId;
use crate::nearest::nearest_word;
use crate::yaml::FieldPath;

/// Whether a call is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It is.
    Allow,
    /// It is not.
    Deny,
    /// By some backends.
    Mixed,
}

impl Verdict {
    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Mixed => "mixed",
        }
    }
}

/// The answer to a question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether the call is allowed.
    pub verdict: Verdict,
    /// The object that decides.
    pub by: Option<ObjectId>,
    /// Where in it.
    pub at: Option<(ObjectId, FieldPath)>,
    /// Why, on one line.
    pub why: String,
    /// What the answer depends on and the input does not tell.
    pub conditions: Vec<String>,
    /// The identity that the server sees.
    pub identity: Option<String>,
    /// What each backend says, by name.
    pub backends: Vec<Backend>,
    /// What would give the other answer.
    pub change: Vec<Change>,
}

impl Answer {
    /// All places that the answer names.
    pub fn places(&self) -> Vec<(ObjectId, FieldPath)> {
        let steps = self.backends.iter().flat_map(|backend| &backend.steps);
        let policies = steps.flat_map(|step| &step.policies);
        let changes = self.change.iter();
        policies
            .map(|policy| (policy.object, policy.path()))
            .chain(changes.filter_map(|own| Some((own.object?, own.path.clone()))))
            .chain(self.at.clone())
            .collect()
    }
}

/// What one backend says.
#[derive(Debug, Clone)]
pub struct Backend {
    /// The backend.
    pub workload: WorkloadId,
    /// `namespace/name`.
    pub name: String,
    /// Allow or deny.
    pub verdict: Verdict,
    /// The object that decides.
    pub by: Option<ObjectId>,
    /// The rule of the policy that decides.
    pub rule: Option<usize>,
    /// Why, on one line.
    pub why: String,
    /// The identity that it sees.
    pub identity: Option<String>,
    /// The stages of the decision.
    pub steps: Vec<Step>,
    /// What it depends on.
    pub conditions: Vec<String>,
}

impl Backend {
    /// The place that decides.
    fn at(&self) -> Option<(ObjectId, FieldPath)> {
        let path = match self.rule {
            Some(index) => crate::path!["spec", "rules", index],
            None => FieldPath::root(),
        };
        Some((self.by?, path))
    }
}

/// Answers questions about one mesh.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'m> {
    mesh: &'m Mesh,
    wire: &'m Wire,
}

/// A call to one backend.
struct Call<'q> {
    query: &'q Query,
    target: &'q Target,
    port: Port<'q>,
    caller: Caller,
    to: WorkloadId,
    proxy: Proxy,
    reader: Reader,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Caller {
    Workload(WorkloadId),
    Principal(String),
    Address,
}

impl<'m> Answers<'m> {
    /// Answers questions about a mesh.
    pub fn new(mesh: &'m Mesh) -> Self {
        Self {
            mesh,
            wire: mesh.security.wire(),
        }
    }

    /// The trust domain of the mesh.
    pub fn trust_domain(&self) -> &'m str {
        let planes = self.mesh.places.control_planes();
        planes
            .first()
            .map_or("cluster.local", |plane| &plane.config.trust_domain)
    }

    /// Answers a question.
    pub fn answer(&self, query: &Query) -> Result<Answer, Unanswerable> {
        query.check()?;
        let (target, port) = self.destination(&query.to)?;
        let caller = self.caller(&query.from)?;
        Ok(self.answer_for(query, target, port, &caller))
    }

    /// Asks the same for each workload, by name.
    pub fn everyone(&self, query: &Query) -> Result<Vec<(String, Answer)>, Unanswerable> {
        let (target, port) = self.destination(&query.to)?;
        let classes = self
            .wire
            .clients()
            .flat_map(|(_, client)| &client.workloads);
        let mut callers: Vec<(String, WorkloadId)> =
            classes.map(|id| (name_of(self.mesh, *id), *id)).collect();
        callers.sort_unstable();
        let answers = callers.into_iter().map(|(name, id)| {
            let answer = self.answer_for(query, target, port, &Caller::Workload(id));
            (name, answer)
        });
        Ok(answers.collect())
    }

    fn answer_for(
        &self,
        query: &Query,
        target: &Target,
        port: Port<'_>,
        caller: &Caller,
    ) -> Answer {
        let backends = self.wire.backends(target).workloads.iter();
        let mut backends: Vec<Backend> = backends
            .map(|to| self.backend(query, target, port, caller, *to))
            .collect();
        backends.sort_by(|a, b| a.name.cmp(&b.name));
        self.united(query, target, backends)
    }

    /// The answers of the backends as one.
    fn united(&self, query: &Query, target: &Target, backends: Vec<Backend>) -> Answer {
        let Some(first) = backends.first() else {
            let service = words::object(self.mesh, target.object);
            return Answer {
                verdict: Verdict::Allow,
                by: None,
                at: None,
                why: format!("{service} has no workload in the input"),
                conditions: vec![format!("which workloads stand behind {service}")],
                identity: None,
                backends,
                change: Vec::new(),
            };
        };
        let mut conditions: Vec<String> = Vec::new();
        for condition in backends.iter().flat_map(|backend| &backend.conditions) {
            if !conditions.contains(condition) {
                conditions.push(condition.clone());
            }
        }
        let agree = backends.iter().all(|own| own.verdict == first.verdict);
        let same = backends.iter().all(|own| own.by == first.by);
        let deciding = agree && same;
        Answer {
            verdict: if agree { first.verdict } else { Verdict::Mixed },
            by: first.by.filter(|_| deciding),
            at: first.at().filter(|_| deciding),
            why: if deciding {
                first.why.clone()
            } else {
                let each = backends
                    .iter()
                    .map(|own| format!("{}: {}", own.name, own.why));
                each.collect::<Vec<_>>().join("; ")
            },
            conditions,
            identity: first.identity.clone(),
            change: change::changes(self.mesh, query, first),
            backends,
        }
    }

    fn backend(
        &self,
        query: &Query,
        target: &Target,
        port: Port<'_>,
        caller: &Caller,
        to: WorkloadId,
    ) -> Backend {
        let proxy = self.wire.proxy(to);
        let reader = match (proxy, port.protocol) {
            (Proxy::Ambient, _) => Reader::Ztunnel,
            (_, Protocol::Http) => Reader::Http,
            (_, Protocol::Sniffed) if query.to.path.is_some() => Reader::Http,
            _ => Reader::Tcp,
        };
        let call = Call {
            query,
            target,
            port,
            caller: caller.clone(),
            to,
            proxy,
            reader,
        };
        stages::decide(self.mesh, self.wire, &call)
    }

    /// The Service and port that are called.
    fn destination(&self, to: &To) -> Result<(&'m Target, Port<'m>), Unanswerable> {
        let namespace = known_namespace(self.mesh, &to.namespace)
            .map_err(|unknown| Unanswerable(unknown.to_string()))?;
        let name = format!("{}/{}", to.namespace, to.service);
        let Some(target) = self.wire.target(&to.namespace, &to.service) else {
            let names = self.mesh.of(namespace).services();
            let near = nearest_word(&to.service, names.map(crate::model::Object::name));
            let near = near.map(|near| format!(", did you mean {}/{}?", to.namespace, near.what));
            return Err(Unanswerable(format!(
                "there is no service {name}{}",
                near.unwrap_or_default()
            )));
        };
        let ports = self.wire.ports(target);
        let listed = || {
            let numbers: Vec<String> = ports.iter().map(|port| port.number().to_string()).collect();
            match numbers.as_slice() {
                [] => "it has no TCP port".to_owned(),
                [only] => format!("it has {only}"),
                many => format!("it has {}", many.join(", ")),
            }
        };
        let port = match to.port {
            Some(number) => ports.iter().find(|port| port.number() == number),
            None if ports.len() == 1 => ports.first(),
            None => {
                return Err(Unanswerable(format!("which port of {name}? {}", listed())));
            }
        };
        let port = port.ok_or_else(|| {
            let number = to.port.unwrap_or_default();
            Unanswerable(format!("{name} has no TCP port {number}: {}", listed()))
        })?;
        Ok((target, *port))
    }

    /// Who calls.
    fn caller(&self, from: &From) -> Result<Caller, Unanswerable> {
        if let Some(principal) = &from.principal {
            let identity = principal.strip_prefix("spiffe://").unwrap_or(principal);
            return Ok(Caller::Principal(identity.to_owned()));
        }
        let Some(name) = &from.workload else {
            return Ok(Caller::Address);
        };
        let namespace = known_namespace(self.mesh, &from.namespace)
            .map_err(|unknown| Unanswerable(unknown.to_string()))?;
        let classes = self
            .wire
            .clients()
            .filter(|(_, client)| client.namespace == namespace);
        let mut ids = classes.flat_map(|(_, client)| client.workloads.iter().copied());
        let is_named = |id: &WorkloadId| {
            let workload = self.mesh.workloads.get(*id);
            workload.is_some_and(|workload| workload.name == *name)
        };
        ids.find(is_named).map(Caller::Workload).ok_or_else(|| {
            let names = self.mesh.workloads.of(namespace).iter();
            let near = nearest_word(name, names.map(|workload| workload.name.as_str()));
            let near = near.map(|near| format!(", did you mean {}/{}?", from.namespace, near.what));
            Unanswerable(format!(
                "there is no workload {}/{name}{}",
                from.namespace,
                near.unwrap_or_default()
            ))
        })
    }
}

/// The request as the server's proxy sees it, claims apart.
fn request(
    mesh: &Mesh,
    wire: &Wire,
    call: &Call<'_>,
    identity: Option<String>,
    sni: Option<String>,
) -> Request {
    let address = |text: &Option<String>| -> Option<IpAddr> { text.as_ref()?.parse().ok() };
    let (from, to) = (&call.query.from, &call.query.to);
    let ip = address(&from.ip);
    let plane = mesh.places.control_plane_or_first(call.target.namespace);
    let normalization = plane.config.path_normalization.as_ref();
    let normalization = normalization
        .map(|own| own.normalization)
        .unwrap_or_default();
    let http = (call.reader == Reader::Http).then(|| Http {
        method: to.method.clone().unwrap_or_else(|| "GET".to_owned()),
        path: normalized(to.path.as_deref().unwrap_or("/"), normalization),
        host: to
            .host
            .clone()
            .unwrap_or_else(|| format!("{}.{}:{}", to.service, to.namespace, call.port.number())),
        headers: from.headers.as_ref().map(|headers| {
            let pairs = headers.iter();
            pairs
                .map(|(name, value)| (name.to_lowercase().into(), value.to_string()))
                .collect()
        }),
    });
    Request {
        identity,
        ip,
        remote_ip: address(&from.remote_ip).or(ip),
        port: wire.workload_port(call.port.declared, call.to),
        sni,
        http,
        claims: None,
    }
}
