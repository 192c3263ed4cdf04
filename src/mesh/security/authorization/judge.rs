//! Whether a rule of a policy holds for a request, as the proxy that enforces it reads the rule.
//!
//! Source: Istio's `pilot/pkg/security/authz/model/model.go` (`generate`, where rules and fields are
//! dropped on TCP) and `pilot/pkg/serviceregistry/ambient/authorization.go` for ztunnel.

use super::fields::{Fact, Field, Key, key, of_condition, of_operation, of_source};
use super::patterns::block;
use super::request::Request;
use crate::model::Str;
use crate::model::security::Rule;
use crate::path;
use crate::yaml::FieldPath;

/// Who enforces a policy, and what it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// An Envoy that sees requests.
    Http,
    /// An Envoy that sees connections.
    Tcp,
    /// ztunnel, which sees connections.
    Ztunnel,
}

/// How rules of one policy are held against a request.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    /// The request.
    pub request: &'a Request,
    /// Who enforces the policy.
    pub reader: Reader,
    /// The trust domain of the mesh, and its aliases.
    pub domains: &'a [&'a str],
    /// The policy's namespace.
    pub home: &'a str,
    /// Whether the action is ALLOW: what cannot be known then counts against the request, else for it.
    pub is_allow: bool,
}

/// What a rule says of a request.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Whether it holds.
    pub holds: bool,
    /// Whether it might not, or might, for all that is known.
    pub depends_on: Vec<String>,
    /// The fields that fit, with the values that do.
    pub fitting: Vec<Fit>,
    /// The fields that do not fit, of the source and the operation that come nearest.
    pub failing: Vec<Failing>,
    /// Why the proxy does not have the rule at all.
    pub dropped: Option<&'static str>,
}

/// A field that fits.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Its place in the policy.
    pub path: FieldPath,
    /// Its name.
    pub name: String,
    /// The first value that fits; none for a field of values that must not.
    pub value: Option<String>,
}

/// A field that does not fit.
#[derive(Debug, Clone)]
pub struct Failing {
    /// Its place in the policy.
    pub path: FieldPath,
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
    /// Whether one of its values fits and must not.
    pub is_not: bool,
    /// What would fit.
    pub would_fit: Option<String>,
}

/// The fields of one source or operation, or of a condition.
#[derive(Default)]
struct Group {
    fitting: Vec<Fit>,
    failing: Vec<Failing>,
    depends_on: Vec<String>,
    /// Whether it holds if all that is unknown is the other way round.
    holds_otherwise: bool,
}

const HTTP_ON_TCP: &str = "it has HTTP fields, which nobody can check on this port";
const HTTP_IN_ZTUNNEL: &str = "it has fields that ztunnel cannot check";
const INVALID: &str = "it has an invalid value";
const UNKNOWN_KEY: &str = "it has a condition on an unknown attribute";

impl Judge<'_> {
    /// What the rule `spec/rules[index]` says of the request.
    pub fn read(&self, rule: &Rule, index: usize) -> Reading {
        if let Some(dropped) = self.drops(rule) {
            return Reading {
                dropped: Some(dropped),
                ..Reading::default()
            };
        }
        let base = path!["spec", "rules", index];
        let sources = rule.from.iter().enumerate().map(|(at, from)| {
            let fields = from.source.as_ref().map(of_source).unwrap_or_default();
            let path = base.join(&path!["from", at, "source"]);
            self.group(&fields, &path)
        });
        let operations = rule.to.iter().enumerate().map(|(at, to)| {
            let fields = to.operation.as_ref().map(of_operation).unwrap_or_default();
            let path = base.join(&path!["to", at, "operation"]);
            self.group(&fields, &path)
        });
        let (from, from_otherwise) = nearest(sources);
        let (to, to_otherwise) = nearest(operations);
        let mut reading = Reading::default();
        let mut otherwise = from_otherwise && to_otherwise;
        let mut depends_on = Vec::new();
        for group in [from, to].into_iter().flatten() {
            reading.fitting.extend(group.fitting);
            reading.failing.extend(group.failing);
            depends_on.extend(group.depends_on);
        }
        for (at, condition) in rule.when.iter().enumerate() {
            let Key::Known(fact) = key(&condition.key) else {
                continue;
            };
            let path = base.join(&path!["when", at]);
            let group = self.condition(&of_condition(condition, fact), &path);
            otherwise &= group.holds_otherwise;
            reading.fitting.extend(group.fitting);
            reading.failing.extend(group.failing);
            depends_on.extend(group.depends_on);
        }
        reading.holds = reading.failing.is_empty();
        if reading.holds != otherwise {
            depends_on.sort();
            depends_on.dedup();
            reading.depends_on = depends_on;
        }
        reading
    }

    /// Why the proxy does not have a rule at all.
    fn drops(&self, rule: &Rule) -> Option<&'static str> {
        let sources = rule.from.iter().filter_map(|from| from.source.as_ref());
        let operations = rule.to.iter().filter_map(|to| to.operation.as_ref());
        let mut fields = sources
            .flat_map(of_source)
            .chain(operations.flat_map(of_operation));
        if self.is_allow
            && let Some(reason) = fields.find_map(|field| {
                if self.is_unreadable(field.fact, false) {
                    return Some(self.unreadable());
                }
                let is_invalid = self.reader != Reader::Ztunnel && has_invalid(&field);
                is_invalid.then_some(INVALID)
            })
        {
            return Some(reason);
        }
        rule.when.iter().find_map(|condition| {
            match key(&condition.key) {
                Key::Unknown if self.reader == Reader::Ztunnel => Some(HTTP_IN_ZTUNNEL),
                Key::Unknown => Some(UNKNOWN_KEY),
                Key::Malformed if self.is_allow => Some(INVALID),
                Key::Malformed => None,
                Key::Known(fact) if self.is_allow => {
                    if self.is_unreadable(fact, true) {
                        return Some(self.unreadable());
                    }
                    let mut fields = of_condition(condition, fact).into_iter();
                    let is_invalid =
                        self.reader != Reader::Ztunnel && fields.any(|field| has_invalid(&field));
                    is_invalid.then_some(INVALID)
                }
                // ztunnel holds what is left of a condition to be never met.
                Key::Known(fact)
                    if self.reader == Reader::Ztunnel && self.is_unreadable(fact, true) =>
                {
                    Some(HTTP_IN_ZTUNNEL)
                }
                Key::Known(_) => None,
            }
        })
    }

    fn unreadable(&self) -> &'static str {
        match self.reader {
            Reader::Ztunnel => HTTP_IN_ZTUNNEL,
            _ => HTTP_ON_TCP,
        }
    }

    /// Whether the proxy cannot check a fact.
    fn is_unreadable(&self, fact: Fact<'_>, in_condition: bool) -> bool {
        match self.reader {
            Reader::Http => false,
            Reader::Tcp => fact.is_http(),
            Reader::Ztunnel if in_condition => !matches!(
                fact,
                Fact::Ip | Fact::Namespace | Fact::Principal | Fact::DestinationIp | Fact::Port
            ),
            Reader::Ztunnel => fact.is_http() || fact == Fact::RemoteIp,
        }
    }

    /// A source or an operation.
    fn group(&self, fields: &[Field<'_>], path: &FieldPath) -> Group {
        let is_ztunnel = self.reader == Reader::Ztunnel;
        let is_left = |field: &&Field<'_>| {
            !(self.is_unreadable(field.fact, false)
                || is_ztunnel && field.fact == Fact::TrustDomain)
        };
        let left: Vec<&Field<'_>> = fields.iter().filter(is_left).collect();
        if is_ztunnel && left.is_empty() && !fields.is_empty() {
            return Group {
                failing: fields
                    .iter()
                    .map(|field| self.failing(field, path))
                    .collect(),
                ..Group::default()
            };
        }
        let fields = left
            .into_iter()
            .map(|field| (field, path.field(field.name)));
        self.all(fields)
    }

    /// A condition: its values stand in fields of other names.
    fn condition(&self, fields: &[Field<'_>], path: &FieldPath) -> Group {
        let readable = fields
            .iter()
            .filter(|field| !self.is_unreadable(field.fact, true));
        let placed = readable.map(|field| {
            let name = if field.is_not { "notValues" } else { "values" };
            (field, path.field(name))
        });
        self.all(placed)
    }

    fn all<'f, 'p: 'f>(&self, fields: impl Iterator<Item = (&'f Field<'p>, FieldPath)>) -> Group {
        let mut group = Group {
            holds_otherwise: true,
            ..Group::default()
        };
        for (field, path) in fields {
            let values: Vec<&Str> = field
                .values
                .iter()
                .filter(|value| is_valid(field, value))
                .collect();
            if values.is_empty() {
                continue;
            }
            let fitting = values.iter().find(|value| self.is_fit(field.fact, value));
            let holds = fitting.is_some() != field.is_not;
            let unknown = self.unknown(field.fact);
            group.holds_otherwise &= holds != unknown.is_some();
            group.depends_on.extend(unknown);
            if holds {
                group.fitting.push(Fit {
                    path,
                    name: field.name.to_owned(),
                    value: fitting.map(ToString::to_string),
                });
            } else {
                group.failing.push(Failing {
                    path,
                    ..self.failing(field, &FieldPath::root())
                });
            }
        }
        group
    }

    fn failing(&self, field: &Field<'_>, above: &FieldPath) -> Failing {
        Failing {
            path: above.field(field.name),
            name: field.name.to_owned(),
            values: field.values.iter().map(ToString::to_string).collect(),
            is_not: field.is_not,
            would_fit: self.fact(field.fact),
        }
    }
}

/// The alternative that comes nearest to fitting, and whether one fits if all that is unknown is the
/// other way round. No alternative at all fits everything.
fn nearest(groups: impl Iterator<Item = Group>) -> (Option<Group>, bool) {
    let mut best: Option<Group> = None;
    let mut otherwise = None;
    for group in groups {
        otherwise = Some(otherwise.unwrap_or(false) || group.holds_otherwise);
        if best
            .as_ref()
            .is_none_or(|own| group.failing.len() < own.failing.len())
        {
            best = Some(group);
        }
    }
    (best, otherwise.unwrap_or(true))
}

fn has_invalid(field: &Field<'_>) -> bool {
    field.values.iter().any(|value| !is_valid(field, value))
}

fn is_valid(field: &Field<'_>, value: &str) -> bool {
    match field.fact {
        Fact::Ip | Fact::RemoteIp | Fact::DestinationIp => block(value).is_some(),
        Fact::Port => value.parse::<u16>().is_ok(),
        _ => true,
    }
}
