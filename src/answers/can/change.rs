//! What would give the other answer.

use super::stages::{Outcome, Policy, Stage};
use super::{Backend, Query, Verdict};
use crate::answers::edges::words;
use crate::mesh::Mesh;
use crate::mesh::security::Identity;
use crate::model::ObjectId;
use crate::path;
use crate::yaml::FieldPath;

/// A change that gives the other answer.
#[derive(Debug, Clone)]
pub struct Change {
    /// What to do, as an order.
    pub order: String,
    /// The object to change; none for one to be made.
    pub object: Option<ObjectId>,
    /// Where in it.
    pub path: FieldPath,
}

/// So many are told.
const MOST: usize = 3;

/// What gives the other answer of a backend, the smallest first.
pub(super) fn changes(mesh: &Mesh, query: &Query, backend: &Backend) -> Vec<Change> {
    let mut changes = match backend.verdict {
        Verdict::Allow => to_deny(mesh, query, backend),
        _ => to_allow(mesh, query, backend),
    };
    changes.truncate(MOST);
    changes
}

fn to_allow(mesh: &Mesh, query: &Query, backend: &Backend) -> Vec<Change> {
    let step = backend
        .steps
        .iter()
        .find(|step| step.outcome == Outcome::Deny);
    let Some(step) = step else { return Vec::new() };
    match step.stage {
        Stage::Tls => of_connection(mesh, query, backend),
        Stage::Custom => {
            let order = "name one external authorizer that is in extensionProviders of the mesh config, with its service in the input";
            backend
                .by
                .map(|by| change(by, "spec/provider/name", order))
                .into_iter()
                .collect()
        }
        Stage::RequestAuthentication => {
            let token = query.from.jwt.as_ref();
            let issuer = token
                .and_then(|token| token.get("iss"))
                .and_then(|own| own.as_str());
            let order = issuer.map_or_else(
                || "send a token of an issuer that spec/jwtRules names".to_owned(),
                |issuer| {
                    format!("add issuer {issuer} to spec/jwtRules, or send a token that it accepts")
                },
            );
            backend
                .by
                .map(|by| change(by, "spec/jwtRules", &order))
                .into_iter()
                .collect()
        }
        Stage::Deny => {
            let denying = step.policies.iter().find(|policy| policy.matches);
            denying.map(past_deny).unwrap_or_default()
        }
        Stage::Allow | Stage::Audit => {
            let mut policies: Vec<&Policy> = step.policies.iter().collect();
            policies.sort_by_key(|policy| {
                let reading = &policy.reading;
                (
                    policy.rule.is_none(),
                    reading.dropped.is_some(),
                    reading.failing.len(),
                )
            });
            policies
                .into_iter()
                .flat_map(|policy| into_allow(policy, backend))
                .collect()
        }
    }
}

fn change(object: ObjectId, path: &str, order: &str) -> Change {
    Change {
        order: order.to_owned(),
        object: Some(object),
        path: path.into(),
    }
}

/// How to get a connection.
fn of_connection(mesh: &Mesh, query: &Query, backend: &Backend) -> Vec<Change> {
    let mut changes = Vec::new();
    if let Some(by) = backend.by {
        let name = words::object(mesh, by);
        let order = format!("set spec/mtls/mode of {name} to PERMISSIVE");
        changes.push(change(by, "spec/mtls/mode", &order));
        let caller = query.from.name();
        let order = if query.from.workload.is_some() {
            format!(
                "let {caller} use mutual TLS: give it a sidecar, and no DestinationRule that disables TLS"
            )
        } else {
            format!("call from a workload with a proxy instead of {caller}")
        };
        changes.push(Change {
            order,
            object: None,
            path: FieldPath::root(),
        });
    } else {
        changes.push(Change {
            order: "make both ends agree on TLS: see meshlint mtls".to_owned(),
            object: None,
            path: FieldPath::root(),
        });
    }
    changes
}

/// How to get past a rule that denies.
fn past_deny(policy: &Policy) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for fit in &policy.reading.fitting {
        let order = match &fit.value {
            Some(value) => format!("take {value} out of {}", fit.path),
            None => format!("add a value that fits to {}", fit.path),
        };
        changes.push(Change {
            order,
            object: Some(policy.object),
            path: fit.path.clone(),
        });
    }
    if let Some(rule) = policy.rule {
        changes.push(Change {
            order: format!("remove spec/rules[{rule}] of {}", policy.name),
            object: Some(policy.object),
            path: path!["spec", "rules", rule],
        });
    }
    changes
}

/// How to fit a rule that allows.
fn into_allow(policy: &Policy, backend: &Backend) -> Vec<Change> {
    let name = &policy.name;
    let Some(rule) = policy.rule.filter(|_| policy.reading.dropped.is_none()) else {
        let who = backend.identity.as_ref().map_or_else(
            || "without a source, for the caller has no identity".to_owned(),
            |identity| format!("with the principal {identity}"),
        );
        let order = format!("add a rule {who} to spec/rules of {name}");
        return vec![change(policy.object, "spec/rules", &order)];
    };
    let fields = policy.reading.failing.iter();
    let parts: Option<Vec<String>> = fields
        .map(|field| match (&field.would_fit, field.is_not) {
            (_, true) => Some(format!("take the value that fits out of {}", field.path)),
            (Some(value), false) => Some(format!("add {value} to {}", field.path)),
            (None, false) => None,
        })
        .collect();
    let at = policy.reading.failing.first();
    match (parts, at) {
        (Some(parts), Some(first)) => vec![Change {
            order: parts.join(" and "),
            object: Some(policy.object),
            path: first.path.clone(),
        }],
        (None, Some(first)) => vec![Change {
            order: format!(
                "let the caller show what {} asks for, or add a rule to {name} that asks for less",
                first.path
            ),
            object: Some(policy.object),
            path: path!["spec", "rules", rule],
        }],
        _ => Vec::new(),
    }
}

fn to_deny(mesh: &Mesh, query: &Query, backend: &Backend) -> Vec<Change> {
    let mut changes = Vec::new();
    let has_proxy = backend.steps.len() > 1;
    let allowing = backend.steps.iter().find(|step| step.stage == Stage::Allow);
    let matching: Vec<&Policy> = allowing
        .into_iter()
        .flat_map(|step| &step.policies)
        .filter(|policy| policy.matches)
        .collect();
    if let [only] = matching.as_slice() {
        for fit in only
            .reading
            .fitting
            .iter()
            .filter(|fit| fit.value.is_some())
        {
            changes.push(Change {
                order: format!(
                    "take {} out of {}",
                    fit.value.as_deref().unwrap_or_default(),
                    fit.path
                ),
                object: Some(only.object),
                path: fit.path.clone(),
            });
        }
    }
    let namespace = mesh.workloads.get(backend.workload);
    let namespace = namespace.map_or("", |own| mesh.places.name(own.namespace).as_str());
    let order = if has_proxy {
        let who = match backend.identity.as_deref().and_then(Identity::parse) {
            Some(own) => format!(
                "the principal {}/ns/{}/sa/{}",
                own.trust_domain, own.namespace, own.account
            ),
            None => format!("what fits {}", query.from.name()),
        };
        format!(
            "add an AuthorizationPolicy with action DENY to namespace {namespace} that selects {} and names {who}",
            backend.name
        )
    } else {
        format!("give {} a proxy, and an AuthorizationPolicy", backend.name)
    };
    changes.push(Change {
        order,
        object: None,
        path: FieldPath::root(),
    });
    changes
}
