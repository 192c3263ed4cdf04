//! Names near a name that does not exist: where it does exist, how it was probably meant to be
//! spelled, and which names with placeholders may turn out to be it.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Coverage;
use crate::load::Made;
use crate::mesh::places::NamespaceId;
use crate::mesh::registry::Host;
use crate::model::core::{Secret, Service};
use crate::model::networking::{Gateway, ServiceEntry};
use crate::model::operators::{Makes, Proof};
use crate::model::{Object, Str};
use crate::nearest::{Near, nearest};
use crate::yaml::is_placeholder;

/// Indices by name, each made when first asked for: only what is missing asks.
#[derive(Debug, Default)]
pub(super) struct Names {
    services: OnceLock<FxHashMap<Str, Vec<u32>>>,
    gateways: OnceLock<FxHashMap<Str, Vec<u32>>>,
    secrets: OnceLock<FxHashMap<Str, Vec<u32>>>,
    made_secrets: OnceLock<FxHashMap<Str, Vec<u32>>>,
    unresolved: OnceLock<Unresolved>,
}

/// Positions of objects whose names hold placeholders.
#[derive(Debug, Default)]
struct Unresolved {
    services: Vec<u32>,
    gateways: Vec<u32>,
    service_entries: Vec<u32>,
}

impl Coverage {
    /// The Services of this name in all namespaces, in load order.
    pub fn services_named(&self, name: &str) -> impl Iterator<Item = &Object<Service>> {
        let services = &self.objects.services;
        let index = self.names.services.get_or_init(|| by_name(services));
        let positions = index.get(name).map_or(&[][..], Vec::as_slice);
        positions
            .iter()
            .filter_map(|position| services.get(*position as usize))
    }

    /// The Istio Gateways of this name in all namespaces, in load order.
    pub fn gateways_named(&self, name: &str) -> impl Iterator<Item = &Object<Gateway>> {
        let gateways = &self.objects.gateways;
        let index = self.names.gateways.get_or_init(|| by_name(gateways));
        let positions = index.get(name).map_or(&[][..], Vec::as_slice);
        positions
            .iter()
            .filter_map(|position| gateways.get(*position as usize))
    }

    /// The Secrets of this name in all namespaces, in load order.
    pub fn secrets_named(&self, name: &str) -> impl Iterator<Item = &Object<Secret>> {
        let secrets = &self.objects.secrets;
        let index = self.names.secrets.get_or_init(|| by_name(secrets));
        let positions = index.get(name).map_or(&[][..], Vec::as_slice);
        positions
            .iter()
            .filter_map(|position| secrets.get(*position as usize))
    }

    /// The Secrets of this name that operators make for objects of the input, such as those of
    /// certificates.
    pub fn made_secrets_named(&self, name: &str) -> impl Iterator<Item = &Made> {
        let made = &self.settings.made;
        let index = self.names.made_secrets.get_or_init(|| {
            let mut index: FxHashMap<Str, Vec<u32>> = FxHashMap::default();
            for (position, own) in (0u32..).zip(made) {
                if own.what == Makes::Secret && own.proof == Proof::Source {
                    index.entry(own.name.clone()).or_default().push(position);
                }
            }
            index
        });
        let positions = index.get(name).map_or(&[][..], Vec::as_slice);
        positions
            .iter()
            .filter_map(|position| made.get(*position as usize))
    }

    /// The Service of the namespace whose name is spelled most like `name`, if one is.
    pub(crate) fn nearest_service(
        &self,
        namespace: &str,
        name: &str,
    ) -> Option<Near<&Object<Service>>> {
        let of = self.places.of(self.places.id(namespace)?);
        nearest(name, of.services(), |service| service.name())
    }

    /// The Istio Gateway of the namespace whose name is spelled most like `name`, if one is.
    pub(crate) fn nearest_gateway(
        &self,
        namespace: &str,
        name: &str,
    ) -> Option<Near<&Object<Gateway>>> {
        let of = self.places.of(self.places.id(namespace)?);
        nearest(name, of.gateways(), |gateway| gateway.name())
    }

    /// The known namespace whose name is spelled most like `name`, if one is.
    pub(crate) fn nearest_namespace(&self, name: &str) -> Option<Near<&Str>> {
        let known = self
            .places
            .known()
            .map(|(_, namespace)| &namespace.name)
            .filter(|known| !known.is_empty());
        nearest(name, known, |known| known.as_str())
    }

    /// Whether a Service or ServiceEntry whose name holds a placeholder may turn out to provide
    /// the host. Never where placeholders are text.
    pub fn may_become_host(&self, host: &Host<'_>) -> bool {
        if self.quirks.placeholders_are_text {
            return false;
        }
        let Unresolved {
            services,
            service_entries,
            ..
        } = self.unresolved();
        let is_service = |position: &u32| {
            let service = self.objects.services.get(*position as usize);
            service.is_some_and(|service| {
                service.namespace() == host.namespace && may_become(service.name(), host.service)
            })
        };
        let covers = |entry: &Object<ServiceEntry>| {
            let name = host.to_string();
            let mut hosts = entry.spec.hosts.iter();
            hosts.any(|own| is_placeholder(own) && may_become(own, &name))
        };
        host.complete && services.iter().any(is_service)
            || service_entries
                .iter()
                .filter_map(|position| self.objects.service_entries.get(*position as usize))
                .any(covers)
    }

    /// Whether an Istio Gateway of the namespace whose name holds a placeholder may turn out to
    /// have this name. Never where placeholders are text.
    pub fn may_become_gateway(&self, namespace: &str, name: &str) -> bool {
        !self.quirks.placeholders_are_text
            && self
                .unresolved()
                .gateways
                .iter()
                .filter_map(|position| self.objects.gateways.get(*position as usize))
                .any(|gateway| gateway.namespace() == namespace && may_become(gateway.name(), name))
    }

    /// Whether the workloads of a namespace belong to an application of this name.
    pub fn has_workloads_of(&self, namespace: &str, app: &str) -> bool {
        let id: Option<NamespaceId> = self.places.id(namespace);
        id.is_some_and(|id| self.workloads.has_app(id, app))
    }

    fn unresolved(&self) -> &Unresolved {
        self.names.unresolved.get_or_init(|| Unresolved {
            services: positions(&self.objects.services, |object| {
                is_placeholder(object.name())
            }),
            gateways: positions(&self.objects.gateways, |object| {
                is_placeholder(object.name())
            }),
            service_entries: positions(&self.objects.service_entries, |object| {
                object.spec.hosts.iter().any(|host| is_placeholder(host))
            }),
        })
    }
}

fn by_name<T>(objects: &[Object<T>]) -> FxHashMap<Str, Vec<u32>> {
    let mut index: FxHashMap<Str, Vec<u32>> = FxHashMap::default();
    for (position, object) in (0u32..).zip(objects) {
        index
            .entry(object.metadata.name.clone())
            .or_default()
            .push(position);
    }
    index
}

fn positions<T>(objects: &[Object<T>], test: impl Fn(&Object<T>) -> bool) -> Vec<u32> {
    (0u32..)
        .zip(objects)
        .filter(|(_, object)| test(object))
        .map(|(position, _)| position)
        .collect()
}

/// How placeholders begin and end.
const PLACEHOLDERS: [(&str, &str); 3] = [("${", "}"), ("$(", ")"), ("{{", "}}")];

/// Whether a text with placeholders may become `text`: its literal parts occur in it, in order.
fn may_become(template: &str, text: &str) -> bool {
    let mut pieces = Vec::new();
    let mut rest = template;
    let next = |text: &str| {
        let found = PLACEHOLDERS.iter();
        found
            .filter_map(|(open, close)| Some((text.find(open)?, *close)))
            .min()
    };
    while let Some((at, close)) = next(rest) {
        let (literal, tail) = rest.split_at(at);
        pieces.push(literal);
        rest = tail.split_once(close).map_or("", |(_, after)| after);
    }
    if pieces.is_empty() {
        return is_placeholder(template);
    }
    let (first, inner) = pieces.split_first().unwrap_or((&"", &[]));
    let Some(mut left) = text.strip_prefix(first) else {
        return false;
    };
    for piece in inner {
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use super::may_become;

    #[test]
    fn placeholders_stand_for_any_text() {
        for (template, text, expected) in [
            ("${HOST}", "api.example.com", true),
            ("api.${DOMAIN}", "api.example.com", true),
            ("api.${DOMAIN}", "www.example.com", false),
            ("${NAME}.{{ .Values.domain }}.com", "api.example.com", true),
            ("${NAME}.example.com", "api.example.org", false),
            ("a$(X)b${Y}c", "a-b-c", true),
            ("a${X}b${Y}c", "a-c", false),
            ("ENC[AES256,data]", "anything", true),
            ("reviews", "reviews", false),
        ] {
            assert_eq!(may_become(template, text), expected, "{template} {text}");
        }
    }
}
