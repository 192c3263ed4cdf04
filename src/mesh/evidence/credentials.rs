//! Secrets and ConfigMaps with certificates: which the input shows or has made, and whether it would
//! show one that is missing.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::shown::{not_shown, unseen};
use super::{Coverage, Evidence};
use crate::mesh::settings::External;
use crate::model::operators::Makes;
use crate::model::{ObjectId, Str};
use crate::nearest::{Near, nearest};

/// What provides Secrets and ConfigMaps; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Credentials(OnceLock<Index>);

#[derive(Debug, Default)]
struct Index {
    secrets: FxHashMap<Str, Vec<Provided>>,
    secrets_of: FxHashMap<Str, Vec<Provided>>,
    config_maps: FxHashMap<Str, Vec<Provided>>,
    /// Bundles of trust-manager, which makes ConfigMaps and Secrets of their names.
    bundles: FxHashSet<Str>,
    /// Namespaces in which an object stands.
    namespaces: FxHashSet<Str>,
}

/// A Secret or ConfigMap, or what makes it.
#[derive(Debug, Clone)]
pub(crate) struct Provided {
    /// Its namespace.
    pub(crate) namespace: Str,
    /// Its name.
    pub(crate) name: Str,
    /// The object itself, or that for which a controller makes it.
    pub(crate) by: ObjectId,
}

/// The kinds of which one object shows that Secrets are kept with the manifests.
const SECRET_KINDS: [&str; 4] = ["Secret", "SealedSecret", "ExternalSecret", "Certificate"];

impl Coverage {
    /// Whether the input holds the Secret or something that makes it.
    pub fn has_secret(&self, namespace: &str, name: &str) -> bool {
        self.places.named(namespace, name).secrets().is_some() || {
            let index = self.provided();
            let own = index.secrets_of.get(namespace);
            let mut named = index.secrets.get(name).into_iter().flatten();
            own.is_some() && named.any(|secret| secret.namespace == namespace)
        }
    }

    /// What provides a Secret of the name in another namespace.
    pub(crate) fn secret_elsewhere(&self, namespace: &str, name: &str) -> Option<&Provided> {
        let mut named = self.provided().secrets.get(name)?.iter();
        named.find(|secret| secret.namespace != namespace)
    }

    /// The Secret of the namespace whose name is spelled most like `name`.
    pub(crate) fn nearest_secret(&self, namespace: &str, name: &str) -> Option<Near<&Provided>> {
        let own = self.provided().secrets_of.get(namespace)?;
        nearest(name, own, |secret| &secret.name)
    }

    /// Evidence for a Secret that neither the input holds nor anything in it makes. One of the name
    /// in another namespace shows that the place was mistaken.
    pub fn knows_secret(&self, namespace: &str, name: &str) -> Evidence {
        let full = format!("{namespace}/{name}");
        let is_elsewhere = self.secret_elsewhere(namespace, name).is_some();
        let is_shown = self.provided().secrets_of.contains_key(namespace);
        self.knows_provided(&full, namespace, &SECRET_KINDS, is_elsewhere, is_shown)
    }

    /// What provides a ConfigMap of the name in another namespace.
    pub(crate) fn config_map_elsewhere(&self, namespace: &str, name: &str) -> Option<&Provided> {
        let mut named = self.provided().config_maps.get(name)?.iter();
        named.find(|map| map.namespace != namespace)
    }

    /// Evidence for a ConfigMap that the input does not hold.
    pub fn knows_config_map(&self, namespace: &str, name: &str) -> Evidence {
        let full = format!("{namespace}/{name}");
        let is_elsewhere = self.config_map_elsewhere(namespace, name).is_some();
        let own = self.places.id(namespace).map(|id| self.places.of(id));
        let is_shown = own.is_some_and(|own| own.config_maps().len() > 0);
        self.knows_provided(&full, namespace, &["ConfigMap"], is_elsewhere, is_shown)
    }

    /// Whether a Bundle of trust-manager makes ConfigMaps and Secrets of the name.
    pub fn is_bundle(&self, name: &str) -> bool {
        self.provided().bundles.contains(name)
    }

    /// Evidence for what stands beside the objects of a namespace: the input shows some object of it,
    /// and nothing brings others along.
    pub fn knows_namespace(&self, namespace: &str) -> Evidence {
        if self.settings.closed_world {
            return Evidence::Shown;
        }
        if let Some(gap) = self.gap(Some(namespace), &["ReferenceGrant"], None) {
            return unseen(gap, false);
        }
        let is_shown = self.provided().namespaces.contains(namespace);
        let shown = self.shown_in(namespace, &["ReferenceGrant"], |_| is_shown, "objects");
        shown.unwrap_or_else(|| not_shown(namespace, "objects"))
    }

    fn knows_provided(
        &self,
        full: &str,
        namespace: &str,
        kinds: &[&str],
        is_elsewhere: bool,
        is_shown: bool,
    ) -> Evidence {
        if self.settings.closed_world {
            return Evidence::Shown;
        }
        if External::has(&self.settings.external.credentials, full) {
            return Evidence::NotShown(format!("{full} is configured as external"));
        }
        let kind = kinds.first().copied().unwrap_or_default();
        let name = full.rsplit('/').next();
        if let Some(gap) = self.gap(Some(namespace), &["Secret", kind], name) {
            return unseen(gap, false);
        }
        let family = format!("{kind}s");
        match self.shown_in(namespace, kinds, |_| is_shown, &family) {
            Some(Evidence::NotShown(_)) | None if is_elsewhere => Evidence::Shown,
            Some(evidence) => evidence,
            None => not_shown(namespace, &family),
        }
    }

    fn provided(&self) -> &Index {
        self.credentials.0.get_or_init(|| {
            let mut index = Index::default();
            for secret in &self.objects.secrets {
                index.add_secret(secret.namespace().into(), secret.name().into(), secret.id);
            }
            for made in &self.settings.made {
                if made.what == Makes::Secret {
                    index.add_secret(made.namespace.clone(), made.name.clone(), made.object);
                }
            }
            for map in &self.objects.config_maps {
                let name: Str = map.name().into();
                index
                    .config_maps
                    .entry(name.clone())
                    .or_default()
                    .push(Provided {
                        namespace: map.namespace().into(),
                        name,
                        by: map.id,
                    });
            }
            for header in self.objects.headers.iter() {
                if !index.namespaces.contains(&header.namespace) {
                    index.namespaces.insert(header.namespace.clone());
                }
                if header.kind == "Bundle"
                    && header.api_version.starts_with("trust.cert-manager.io/")
                {
                    index.bundles.insert(header.name.clone());
                }
            }
            index
        })
    }
}

impl Index {
    fn add_secret(&mut self, namespace: Str, name: Str, by: ObjectId) {
        let secret = Provided {
            namespace,
            name,
            by,
        };
        let of = self.secrets_of.entry(secret.namespace.clone());
        of.or_default().push(secret.clone());
        self.secrets
            .entry(secret.name.clone())
            .or_default()
            .push(secret);
    }
}
