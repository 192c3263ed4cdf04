//! How far a route gets with the Gateway that it names.

use super::hostnames::intersect;
use super::{Route, Routing};
use crate::model::Object;
use crate::model::gateway_api::{FromNamespaces, GROUP, Gateway, Listener, ParentRef};
use crate::yaml::is_placeholder;

/// So many versions of one Gateway are looked at.
const MOST_VERSIONS: usize = 100;
/// The API server takes 64 listeners; a Gateway with more than these is taken to suit every route.
const MOST_LISTENERS: usize = 1000;

/// What a listener says to a route, the best first. Each is the first thing that fails, in the
/// order in which implementations ask, from the last one back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It takes the route.
    Takes,
    /// It depends on labels of the namespace that the input does not show.
    MayTake,
    /// Its hostname and those of the route have no name in common.
    ServesOtherNames,
    /// It takes no routes of the kind.
    RefusesKind,
    /// It takes no routes of the namespace.
    RefusesNamespace,
    /// The reference names another listener.
    IsNotMeant,
}

/// What a Gateway says to a route: the best answer of its listeners.
#[derive(Debug)]
pub struct Attachment<'m> {
    /// The Gateway, in the version that answers best.
    pub gateway: &'m Object<Gateway>,
    /// The answer.
    pub answer: Answer,
    /// The listeners that give it, with their positions.
    pub listeners: Vec<(usize, &'m Listener)>,
}

impl Routing {
    /// What the Gateway of a namespace and name says to the route that refers to it; `None` if
    /// there is no such Gateway.
    pub fn attachment<'m>(
        &'m self,
        route: &Route<'_>,
        parent: &ParentRef,
        (namespace, name): (&str, &str),
    ) -> Option<Attachment<'m>> {
        let mut best: Option<Attachment<'m>> = None;
        for gateway in self.k8s_gateways_at(namespace, name).take(MOST_VERSIONS) {
            let own = self.attachment_to(gateway, route, parent);
            if best.as_ref().is_none_or(|best| own.answer < best.answer) {
                best = Some(own);
            }
        }
        best
    }

    fn attachment_to<'m>(
        &self,
        gateway: &'m Object<Gateway>,
        route: &Route<'_>,
        parent: &ParentRef,
    ) -> Attachment<'m> {
        let answers = |answer| Attachment {
            gateway,
            answer,
            listeners: Vec::new(),
        };
        let is_own = gateway.namespace() == route.namespace;
        let takes_all = self.quirks.own_gateways_take_all_routes;
        let listeners = &gateway.spec.listeners;
        if is_own && (takes_all || listeners.is_empty()) || listeners.len() > MOST_LISTENERS {
            return answers(Answer::Takes);
        }
        let namespace = self.places.namespace_of(route.id);
        if !self.places.get(namespace).is_known || listeners.is_empty() {
            return answers(Answer::RefusesNamespace);
        }
        let mut best = answers(Answer::IsNotMeant);
        for (at, listener) in listeners.iter().enumerate() {
            let own = if takes_all {
                self.admits(listener, is_own, route)
            } else if self.is_meant(listener, parent) {
                self.answer(listener, is_own, route)
            } else {
                continue;
            };
            if own < best.answer {
                best.answer = own;
                best.listeners.clear();
            }
            if own == best.answer {
                best.listeners.push((at, listener));
            }
            if own == Answer::Takes {
                break;
            }
        }
        best
    }

    /// Whether the reference is to this listener.
    fn is_meant(&self, listener: &Listener, parent: &ParentRef) -> bool {
        let is_section = parent.section_name.is_empty()
            || parent.section_name == listener.name
            || self.is_open(&parent.section_name)
            || self.is_open(&listener.name);
        is_section && parent.port.is_none_or(|port| port == listener.port)
    }

    fn answer(&self, listener: &Listener, is_own: bool, route: &Route<'_>) -> Answer {
        let admission = self.admits(listener, is_own, route);
        if admission == Answer::RefusesNamespace {
            admission
        } else if !self.takes_kind(listener, route.kind) {
            Answer::RefusesKind
        } else if !self.serves_a_name(listener, route) {
            Answer::ServesOtherNames
        } else {
            admission
        }
    }

    fn admits(&self, listener: &Listener, is_own: bool, route: &Route<'_>) -> Answer {
        let answer = |is_taken| {
            if is_taken {
                Answer::Takes
            } else {
                Answer::RefusesNamespace
            }
        };
        let Some(allowed) = &listener.allowed_routes else {
            return answer(is_own);
        };
        match allowed.namespaces.from {
            FromNamespaces::Same => answer(is_own),
            FromNamespaces::All => Answer::Takes,
            FromNamespaces::None => Answer::RefusesNamespace,
            FromNamespaces::Selector => {
                let namespace = self.places.get(self.places.namespace_of(route.id));
                match &allowed.namespaces.selector {
                    Some(selector) if selector.matches(&namespace.full_labels()) => Answer::Takes,
                    Some(_) if !namespace.is_declared() => Answer::MayTake,
                    _ => Answer::RefusesNamespace,
                }
            }
        }
    }

    /// Whether the listener takes routes of a kind: by its list, and by its protocol.
    fn takes_kind(&self, listener: &Listener, kind: &str) -> bool {
        let by_protocol = listener
            .route_kinds()
            .is_none_or(|kinds| kinds.contains(&kind));
        let listed = listener
            .allowed_routes
            .as_ref()
            .map(|allowed| &allowed.kinds);
        let mut listed = listed.into_iter().flatten().peekable();
        let by_list = listed.peek().is_none()
            || listed.any(|own| {
                let group = own.group.as_deref().unwrap_or(GROUP);
                self.is_open(&own.kind) || group == GROUP && own.kind == kind
            });
        by_protocol && by_list
    }

    fn serves_a_name(&self, listener: &Listener, route: &Route<'_>) -> bool {
        let own = listener.hostname.as_deref().unwrap_or_default();
        own.is_empty()
            || route.hostnames.is_empty()
            || self.is_open(own)
            || route
                .hostnames
                .iter()
                .any(|name| self.is_open(name) || intersect(own, name))
    }

    /// Whether a text is filled in later, so that it may be anything.
    fn is_open(&self, text: &str) -> bool {
        !self.quirks.placeholders_are_text && is_placeholder(text)
    }
}
