//! Namespaces by name and by pattern, and what their labels say.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Analysis;
use super::absent::is_dropped;
use crate::model::core::Namespace;
use crate::model::{Labels, Object, Str};

/// The Namespace objects by name.
#[derive(Debug, Default)]
pub(super) struct NamespaceTable {
    positions: FxHashMap<Str, u32>,
    names: NamespaceNames,
}

/// The names that patterns of policies are held against.
#[derive(Debug, Default)]
pub struct NamespaceNames {
    lower: FxHashSet<Str>,
    sorted: Vec<Str>,
    reversed: Vec<Box<[u8]>>,
    system_exist: bool,
}

impl NamespaceNames {
    fn new(mut names: Vec<Str>, system_exist: bool) -> Self {
        names.sort_unstable();
        names.dedup();
        let mut reversed: Vec<Box<[u8]>> = names
            .iter()
            .map(|name| name.bytes().rev().collect())
            .collect();
        reversed.sort_unstable();
        Self {
            lower: names.iter().map(Str::to_lowercase).collect(),
            sorted: names,
            reversed,
            system_exist,
        }
    }

    /// Whether a namespace fits the pattern: a name in any case, or one with `*` at one end.
    pub fn fits(&self, pattern: &str) -> bool {
        if pattern == "*" {
            return self.system_exist || !self.sorted.is_empty();
        }
        if self.system_exist && is_dropped(pattern) {
            return true;
        }
        if let Some(end) = pattern.strip_prefix('*') {
            let end: Vec<u8> = end.bytes().rev().collect();
            let first = self.reversed.partition_point(|name| **name < *end);
            self.reversed
                .get(first)
                .is_some_and(|name| name.starts_with(&end))
        } else if let Some(start) = pattern.strip_suffix('*') {
            let first = self.sorted.partition_point(|name| name.as_str() < start);
            self.sorted
                .get(first)
                .is_some_and(|name| name.starts_with(start))
        } else {
            self.lower.contains(pattern.to_lowercase().as_str())
        }
    }
}

impl<'m> Analysis<'m> {
    fn namespace_table(self) -> &'m NamespaceTable {
        self.memory.namespaces.get_or_init(|| {
            let positions: FxHashMap<Str, u32> = (0u32..)
                .zip(&self.mesh.objects.namespaces)
                .filter(|(_, object)| self.counts(object.id))
                .map(|(position, object)| (object.metadata.name.clone(), position))
                .collect();
            let strict = self.quirks().only_declared_namespaces_exist;
            let mut names: Vec<Str> = positions.keys().cloned().collect();
            if !strict {
                let known = self.mesh.places.iter();
                names.extend(
                    known
                        .map(|(id, _)| self.mesh.places.name(id).clone())
                        .filter(|name| !name.is_empty()),
                );
            }
            NamespaceTable {
                positions,
                names: NamespaceNames::new(names, !strict),
            }
        })
    }

    /// The Namespace object of this name.
    pub fn namespace(self, name: &str) -> Option<&'m Object<Namespace>> {
        let position = *self.namespace_table().positions.get(name)?;
        self.mesh.objects.namespaces.get(position as usize)
    }

    /// The labels of the namespace; `None` without a Namespace object.
    pub fn namespace_labels(self, name: &str) -> Option<&'m Labels> {
        self.namespace(name).map(|object| &object.metadata.labels)
    }

    /// The names of the namespaces: of Namespace objects alone under the quirk, else of all that
    /// hold an object.
    pub fn namespace_names(self) -> &'m NamespaceNames {
        &self.namespace_table().names
    }

    /// Whether the Namespace object says that its pods are in ambient mode.
    pub fn is_ambient_namespace(self, name: &str) -> bool {
        self.namespace_labels(name).is_some_and(|labels| {
            labels.has("istio.io/dataplane-mode", "ambient")
                && !labels.has("istio-injection", "enabled")
                && labels.get("istio.io/rev").is_none_or(Str::is_empty)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        let names = NamespaceNames::new(vec!["shop".into(), "Shop-eu".into()], false);
        for (pattern, fits) in [
            ("shop", true),
            ("SHOP", true),
            ("sh*", true),
            ("SH*", false),
            ("*eu", true),
            ("*-us", false),
            ("*", true),
            ("bank", false),
            ("kube-system", false),
            ("", false),
        ] {
            assert_eq!(names.fits(pattern), fits, "{pattern}");
        }
        assert!(!NamespaceNames::new(Vec::new(), false).fits("*"));
        assert!(NamespaceNames::new(Vec::new(), true).fits("kube-system"));
    }
}
