//! The stages of a decision, in the order in which a proxy takes them.

use super::tls::{Connection, connect};
use super::told::{in_words, told};
use super::{Backend, Call, Verdict, request};
use crate::answers::edges::{name_of, words};
use crate::mesh::Mesh;
use crate::mesh::security::authorization::{Judge, Reader, Reading, Request};
use crate::mesh::security::wire::{Proxy, Wire};
use crate::mesh::workloads::Workload;
use crate::model::mesh_config::MeshConfig;
use crate::model::security::{Action, AuthorizationPolicy};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::yaml::FieldPath;

/// A stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The connection.
    Tls,
    /// Policies that ask an external authorizer.
    Custom,
    /// Tokens.
    RequestAuthentication,
    /// Policies that only log.
    Audit,
    /// Policies that deny.
    Deny,
    /// Policies that allow.
    Allow,
}

impl Stage {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Custom => "CUSTOM",
            Self::RequestAuthentication => "RequestAuthentication",
            Self::Audit => "AUDIT",
            Self::Deny => "DENY",
            Self::Allow => "ALLOW",
        }
    }
}

/// What a stage makes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Pass,
    /// It ends here.
    Deny,
    /// It is allowed here.
    Allow,
    /// An external authorizer is asked; it goes on if that agrees.
    Ask,
    /// It does not come so far.
    Skipped,
}

impl Outcome {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Deny => "deny",
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Skipped => "skipped",
        }
    }
}

/// A stage of a decision.
#[derive(Debug, Clone)]
pub struct Step {
    /// Which.
    pub stage: Stage,
    /// What it makes of the request.
    pub outcome: Outcome,
    /// In a few words.
    pub because: String,
    /// The policies that are asked.
    pub policies: Vec<Policy>,
}

/// A policy that is asked.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The policy.
    pub object: ObjectId,
    /// `Kind namespace/name`.
    pub name: String,
    /// The rule that matches, else the one that comes nearest.
    pub rule: Option<usize>,
    /// Whether a rule matches.
    pub matches: bool,
    /// Why.
    pub because: String,
    /// What the rule says.
    pub reading: Reading,
}

impl Policy {
    /// The place of the rule in the policy, or of the policy as a whole.
    pub fn path(&self) -> FieldPath {
        match self.rule {
            Some(index) => path!["spec", "rules", index],
            None => FieldPath::root(),
        }
    }
}

/// Takes the stages for one backend.
pub(super) fn decide(mesh: &Mesh, wire: &Wire, call: &Call<'_>) -> Backend {
    let mut run = Run::new(mesh, wire, call);
    run.take();
    run.finish()
}

/// A decision under way.
pub(super) struct Run<'c> {
    pub(super) mesh: &'c Mesh,
    pub(super) call: &'c Call<'c>,
    pub(super) workload: Option<&'c Workload>,
    pub(super) config: &'c MeshConfig,
    pub(super) domains: Vec<&'c str>,
    pub(super) connection: Connection,
    pub(super) request: Request,
    pub(super) policies: Vec<&'c Object<AuthorizationPolicy>>,
    pub(super) steps: Vec<Step>,
    pub(super) conditions: Vec<String>,
    pub(super) decided: Option<Decided>,
}

pub(super) struct Decided {
    verdict: Verdict,
    by: Option<ObjectId>,
    rule: Option<usize>,
    why: String,
}

impl<'c> Run<'c> {
    fn new(mesh: &'c Mesh, wire: &'c Wire, call: &'c Call<'c>) -> Self {
        let connection = connect(mesh, wire, call);
        let workload = mesh.workloads.get(call.to);
        let config = &mesh
            .places
            .control_plane_or_first(call.target.namespace)
            .config;
        let aliases = config.trust_domain_aliases.iter().map(|own| own.as_str());
        let authorization = mesh.security.authorization();
        Self {
            mesh,
            call,
            workload,
            config,
            domains: std::iter::once(config.trust_domain.as_str())
                .chain(aliases)
                .collect(),
            request: request(
                mesh,
                wire,
                call,
                connection.identity.clone(),
                connection.sni.clone(),
            ),
            connection,
            policies: workload
                .map(|workload| authorization.policies(workload, call.proxy))
                .unwrap_or_default(),
            steps: Vec::new(),
            conditions: Vec::new(),
            decided: None,
        }
    }

    fn take(&mut self) {
        self.tls();
        if self.call.proxy == Proxy::None {
            return;
        }
        if self.call.proxy != Proxy::Ambient {
            self.custom();
            self.request_authentication();
            self.audit();
        } else if let Some(waypoint) = self.waypoint() {
            self.conditions.push(format!(
                "what the policies of waypoint {waypoint} say, through which requests may go"
            ));
        }
        self.deny();
        self.allow();
    }

    fn finish(self) -> Backend {
        let decided = self.decided.unwrap_or(Decided {
            verdict: Verdict::Allow,
            by: None,
            rule: None,
            why: if self.call.proxy == Proxy::None {
                "the server has no proxy: nothing is enforced".to_owned()
            } else {
                "no ALLOW policy applies".to_owned()
            },
        });
        Backend {
            workload: self.call.to,
            name: name_of(self.mesh, self.call.to),
            verdict: decided.verdict,
            by: decided.by,
            rule: decided.rule,
            why: decided.why,
            identity: self.connection.identity,
            steps: self.steps,
            conditions: self.conditions,
        }
    }

    /// The waypoint that labels of the Service, the workload or the namespace ask for.
    fn waypoint(&self) -> Option<String> {
        const LABEL: &str = "istio.io/use-waypoint";
        let services = &self.mesh.objects.services;
        let service = services
            .iter()
            .find(|own| own.id == self.call.target.object);
        let namespace = self.mesh.places.get(self.call.target.namespace);
        let own = service.and_then(|service| service.metadata.labels.get(LABEL));
        let name = own.or_else(|| namespace.labels.get(LABEL))?;
        (!name.is_empty() && name != "none").then(|| name.to_string())
    }

    pub(super) fn step(
        &mut self,
        stage: Stage,
        outcome: Outcome,
        because: &str,
        policies: Vec<Policy>,
    ) {
        let outcome = if self.decided.is_some() && outcome == Outcome::Pass {
            Outcome::Skipped
        } else {
            outcome
        };
        self.steps.push(Step {
            stage,
            outcome,
            because: because.to_owned(),
            policies,
        });
    }

    pub(super) fn decide(
        &mut self,
        verdict: Verdict,
        by: Option<ObjectId>,
        rule: Option<usize>,
        why: String,
    ) {
        self.decided = Some(Decided {
            verdict,
            by,
            rule,
            why,
        });
    }

    fn tls(&mut self) {
        let because = self.connection.because.clone();
        let Some(by) = self.connection.refused else {
            return self.step(Stage::Tls, Outcome::Pass, &because, Vec::new());
        };
        self.step(Stage::Tls, Outcome::Deny, &because, Vec::new());
        self.decide(Verdict::Deny, by, None, because);
    }

    /// What the policies of an action say.
    pub(super) fn read(&self, action: Action, reader: Reader) -> Vec<Policy> {
        let policies = self
            .policies
            .iter()
            .filter(|policy| policy.spec.action == action);
        policies
            .map(|policy| self.read_policy(policy, reader))
            .collect()
    }

    fn read_policy(&self, policy: &Object<AuthorizationPolicy>, reader: Reader) -> Policy {
        let judge = Judge {
            request: &self.request,
            reader,
            domains: &self.domains,
            home: policy.namespace(),
            is_allow: policy.spec.action == Action::Allow,
        };
        let mut readings: Vec<(usize, Reading)> = policy
            .spec
            .rules
            .iter()
            .enumerate()
            .map(|(index, rule)| (index, judge.read(rule, index)))
            .collect();
        // Rules decide in the order of their names, where 10 comes before 2.
        readings.sort_by_key(|(index, _)| index.to_string());
        let matching = readings.iter().position(|(_, reading)| reading.holds);
        let nearest = matching.or_else(|| {
            let open = readings.iter().enumerate();
            let open = open.filter(|(_, (_, reading))| reading.dropped.is_none());
            open.min_by_key(|(_, (_, reading))| reading.failing.len())
                .map(|(at, _)| at)
        });
        let depends_on: Vec<String> = readings
            .iter()
            .flat_map(|(_, reading)| reading.depends_on.clone())
            .collect();
        let is_sure = readings
            .iter()
            .any(|(_, reading)| reading.holds && reading.depends_on.is_empty());
        let (rule, mut reading) = match nearest.or((!readings.is_empty()).then_some(0)) {
            Some(at) => {
                let (index, reading) = readings.swap_remove(at);
                (Some(index), reading)
            }
            None => (None, Reading::default()),
        };
        reading.depends_on = if is_sure { Vec::new() } else { depends_on };
        let because = match rule {
            None => "it has no rules, which match nothing".to_owned(),
            Some(index) => format!("rule {index}: {}", in_words(&reading)),
        };
        Policy {
            object: policy.id,
            name: words::object(self.mesh, policy.id),
            rule,
            matches: reading.holds,
            because,
            reading,
        }
    }

    pub(super) fn depend(&mut self, policies: &[Policy]) {
        for policy in policies {
            for fact in &policy.reading.depends_on {
                let condition = format!("{fact}, which {} asks for", policy.name);
                if !self.conditions.contains(&condition) {
                    self.conditions.push(condition);
                }
            }
        }
    }

    fn audit(&mut self) {
        let policies = self.read(Action::Audit, self.call.reader);
        self.step(Stage::Audit, Outcome::Pass, &told(&policies), policies);
    }

    fn deny(&mut self) {
        let policies = self.read(Action::Deny, self.call.reader);
        let because = told(&policies);
        if self.decided.is_some() {
            return self.step(Stage::Deny, Outcome::Skipped, &because, policies);
        }
        let sure = policies
            .iter()
            .find(|own| own.matches && own.reading.depends_on.is_empty());
        if sure.is_none() {
            self.depend(&policies);
        }
        let Some(by) = policies.iter().find(|own| own.matches) else {
            return self.step(Stage::Deny, Outcome::Pass, &because, policies);
        };
        let (object, rule) = (by.object, by.rule);
        let why = format!("{} {} (DENY)", by.name, by.because);
        self.step(Stage::Deny, Outcome::Deny, &because, policies);
        self.decide(Verdict::Deny, Some(object), rule, why);
    }

    fn allow(&mut self) {
        let policies = self.read(Action::Allow, self.call.reader);
        let because = told(&policies);
        if self.decided.is_some() {
            return self.step(Stage::Allow, Outcome::Skipped, &because, policies);
        }
        if policies.is_empty() {
            return self.step(Stage::Allow, Outcome::Pass, &because, policies);
        }
        let sure = policies
            .iter()
            .find(|own| own.matches && own.reading.depends_on.is_empty());
        if sure.is_none() {
            self.depend(&policies);
        }
        if let Some(by) = policies.iter().find(|own| own.matches) {
            let (object, rule) = (by.object, by.rule);
            let why = format!("{} {} (ALLOW)", by.name, by.because);
            self.step(Stage::Allow, Outcome::Allow, &because, policies);
            return self.decide(Verdict::Allow, Some(object), rule, why);
        }
        let names: Vec<&str> = policies.iter().map(|own| own.name.as_str()).collect();
        let why = format!("no ALLOW policy matches: {}", names.join(", "));
        self.step(Stage::Allow, Outcome::Deny, &because, policies);
        self.decide(Verdict::Deny, None, None, why);
    }
}
