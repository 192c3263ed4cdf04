//! The Sidecar import scope of a namespace: which hosts its proxies know at all.

use crate::mesh::registry::{Host, within};
use crate::model::networking::Sidecar;
use crate::model::{Object, ObjectId, Str};

/// Which hosts the proxies of a namespace import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The Sidecar that limits the scope; `None` when nothing does.
    pub sidecar: Option<ObjectId>,
    /// Its egress hosts.
    entries: Vec<Entry>,
}

/// One egress host `namespace/host`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// The namespace, `*` for any.
    namespace: Str,
    /// The host, `*` for any.
    host: Str,
    /// Whether what matches is left out (`~namespace/host`).
    excludes: bool,
}

impl Scope {
    /// The scope that `sidecar` gives a namespace. One without usable egress hosts limits nothing.
    /// `.` stands for `observer`, also in a Sidecar of the root namespace.
    pub(super) fn of(sidecar: &Object<Sidecar>, observer: &Str) -> Self {
        let entries: Vec<Entry> = sidecar
            .spec
            .egress
            .iter()
            .flat_map(|listener| &listener.hosts)
            .filter_map(|host| Entry::parse(host, observer))
            .collect();
        if entries.is_empty() {
            return Self::default();
        }
        Self {
            sidecar: Some(sidecar.id),
            entries,
        }
    }

    /// Whether the Sidecar gives every namespace the same scope.
    pub(super) fn is_shared(sidecar: &Object<Sidecar>) -> bool {
        !sidecar
            .spec
            .egress
            .iter()
            .flat_map(|listener| &listener.hosts)
            .any(|host| host.starts_with("./") || host.starts_with("~./"))
    }

    /// Whether everything is imported.
    pub fn is_unlimited(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether every host with a name is imported, as without a Sidecar: `*/*` and no exclusion.
    pub fn imports_every_name(&self) -> bool {
        self.entries.iter().all(|entry| !entry.excludes)
            && (self.is_unlimited()
                || self
                    .entries
                    .iter()
                    .any(|entry| entry.namespace == "*" && entry.host == "*"))
    }

    /// The namespaces that inclusions name; `None` if one includes every namespace.
    pub fn namespaces(&self) -> Option<impl Iterator<Item = &Str>> {
        let inclusions = || self.entries.iter().filter(|entry| !entry.excludes);
        let limited = !self.is_unlimited() && inclusions().all(|entry| entry.namespace != "*");
        limited.then(|| inclusions().map(|entry| &entry.namespace))
    }

    /// Whether a host is imported. `name` is the host as an object in `namespace` writes it, and
    /// `host` what that means there.
    pub fn imports(&self, name: &str, namespace: &str, host: &Host<'_>) -> bool {
        if self.is_unlimited() {
            return true;
        }
        if name.is_empty() {
            return false;
        }
        let mut included = false;
        for entry in &self.entries {
            if entry.matches(name, namespace, host) {
                if entry.excludes {
                    return false;
                }
                included = true;
            }
        }
        included
    }
}

impl Entry {
    fn parse(text: &str, observer: &Str) -> Option<Self> {
        let (namespace, host) = text.split_once('/')?;
        let (namespace, excludes) = match namespace.strip_prefix('~') {
            Some("") => ("*", true),
            Some(rest) => (rest, true),
            None => (namespace, false),
        };
        Some(Self {
            namespace: if namespace == "." {
                observer.clone()
            } else {
                namespace.into()
            },
            host: host.into(),
            excludes,
        })
    }

    fn matches(&self, name: &str, namespace: &str, host: &Host<'_>) -> bool {
        // An external host belongs to the namespace of the object that names it.
        let place = if host.complete {
            host.namespace
        } else {
            namespace
        };
        if self.namespace != "*" && self.namespace != place {
            return false;
        }
        let dns = self.host.as_str();
        if dns == "*" || dns == name || dns == host.service || host.is_within(dns) {
            return true;
        }
        host.complete
            && (host.is(dns)
                || dns
                    .strip_prefix(host.service)
                    .and_then(|rest| rest.strip_prefix('.'))
                    .is_some_and(|rest| rest == host.namespace)
                || within(name, dns)
                || host.is_wildcard() && host.covers(dns))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::Body;

    fn scope(hosts: &str) -> Scope {
        let spec = serde_yaml::from_str(&format!("egress: [{{hosts: [{hosts}]}}]")).unwrap();
        let sidecar = Object::from(Body {
            spec,
            ..Body::<Sidecar>::default()
        });
        Scope::of(&sidecar, &"test".into())
    }

    #[test]
    fn imports_what_egress_hosts_name() {
        for (hosts, name, namespace, expected) in [
            ("./*", "reviews", "test", true),
            ("./*", "reviews", "bookinfo", false),
            ("./*", "reviews.test.svc.cluster.local", "bookinfo", true),
            ("./*", "www.google.com", "test", true),
            ("./*", "www.google.com", "bookinfo", false),
            ("'*/*'", "anything", "bookinfo", true),
            ("'*/*'", "", "bookinfo", false),
            ("bookinfo/reviews", "reviews", "bookinfo", true),
            ("bookinfo/reviews.bookinfo", "reviews", "bookinfo", true),
            (
                "bookinfo/reviews.bookinfo.svc",
                "reviews",
                "bookinfo",
                false,
            ),
            (
                "bookinfo/ratings",
                "*.bookinfo.svc.cluster.local",
                "bookinfo",
                false,
            ),
            (
                "bookinfo/ratings.bookinfo.svc.cluster.local",
                "*.bookinfo.svc.cluster.local",
                "test",
                true,
            ),
            ("'*/*.google.com'", "www.google.com", "test", true),
            ("'~/*'", "reviews", "test", false),
            ("'*/*', '~bookinfo/*'", "reviews", "bookinfo", false),
            ("'*/*', '~bookinfo/*'", "reviews", "test", true),
            ("reviews", "ratings", "bookinfo", true),
        ] {
            let host = Host::resolve(name, namespace, "svc.cluster.local", |_| false);
            assert_eq!(
                scope(hosts).imports(name, namespace, &host),
                expected,
                "{hosts} {name} in {namespace}"
            );
        }
    }
}
