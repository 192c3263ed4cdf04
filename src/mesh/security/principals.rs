//! Identities that workloads have under mutual TLS, `<trust domain>/ns/<namespace>/sa/<account>`,
//! and the patterns that policies write for them.

use std::sync::OnceLock;

use super::Security;
use crate::mesh::indices::Texts;
use crate::mesh::places::NamespaceId;
use crate::model::{ObjectId, Str};

/// Every identity of the mesh, and names of namespaces; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Principals {
    domains: OnceLock<Vec<Str>>,
    identities: OnceLock<Texts>,
    namespaces: OnceLock<Texts>,
}

/// The parts of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The trust domain.
    pub trust_domain: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// The service account.
    pub account: &'a str,
}

impl<'a> Identity<'a> {
    /// Reads an identity; `None` for texts of another form.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (trust_domain, rest) = text.split_once("/ns/")?;
        let (namespace, account) = rest.split_once("/sa/")?;
        let plain = !trust_domain.is_empty() && !namespace.contains('/') && !account.contains('/');
        plain.then_some(Self {
            trust_domain,
            namespace,
            account,
        })
    }
}

/// Namespaces that Kubernetes makes.
const IN_EVERY_CLUSTER: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

impl Security {
    /// Whether a service account is known to be in use: some workload of a known namespace runs
    /// under it. Outside upstream mode a declared ServiceAccount is known too.
    pub fn has_account(&self, namespace: NamespaceId, account: &str) -> bool {
        self.places.get(namespace).is_known
            && (self.workloads.has_account(namespace, account)
                || !self.quirks.only_accounts_of_pods && self.declares_account(namespace, account))
    }

    fn declares_account(&self, namespace: NamespaceId, account: &str) -> bool {
        let namespace = self.places.name(namespace);
        self.places
            .named(namespace, account)
            .service_accounts()
            .is_some()
    }

    /// The trust domains whose identities the mesh knows: upstream the identity domain without
    /// `svc.`, and the aliases; otherwise those of the mesh config and `cluster.local`, which
    /// Istio reads as the mesh's own.
    pub fn trust_domains(&self) -> &[Str] {
        self.principals.domains.get_or_init(|| {
            let domain = &self.registry.identity_domain;
            let mut domains = vec![Str::from(domain.strip_prefix("svc.").unwrap_or(domain))];
            for plane in self.places.control_planes() {
                if !self.quirks.identity_domain_is_trust_domain {
                    domains.push(plane.config.trust_domain.clone());
                    domains.push("cluster.local".into());
                }
                domains.extend(plane.config.trust_domain_aliases.iter().cloned());
            }
            domains.sort_unstable();
            domains.dedup();
            domains
        })
    }

    /// Whether a principal of a policy is, or with stars covers, the identity of some workload. A
    /// star counts in patterns that begin or end with one, and there it stands for any text
    /// wherever it is; elsewhere it is a letter like any other. `*` covers everything, even
    /// nothing.
    pub fn has_principal(&self, principal: &str) -> bool {
        if principal == "*" {
            return true;
        }
        if principal.starts_with('*') || principal.ends_with('*') {
            return self.identities().covered(principal).is_some();
        }
        self.has_identity(principal)
    }

    /// Whether the mesh knows a trust domain.
    pub fn is_trust_domain(&self, name: &str) -> bool {
        self.trust_domains().iter().any(|domain| domain == name)
    }

    /// A Secret that lets this cluster see another one of the mesh.
    pub fn remote_secret(&self) -> Option<ObjectId> {
        let mut secrets = self.objects.secrets.iter();
        let remote =
            secrets.find(|secret| secret.metadata.labels.has("istio/multiCluster", "true"));
        remote.map(|secret| secret.id)
    }

    /// An identity that `pattern` covers, each of its stars standing for any text.
    pub fn identity_like(&self, pattern: &str) -> Option<String> {
        self.identities().covered(pattern)
    }

    /// Whether an entry for namespaces, perhaps with a star at its beginning or end, names one
    /// that checks know. Outside upstream mode those that every cluster has are known.
    pub fn has_namespace_like(&self, entry: &str) -> bool {
        let names = self.namespace_names();
        if let Some(prefix) = entry.strip_suffix('*') {
            return if prefix.is_empty() {
                !names.is_empty()
            } else {
                names.has_prefix(prefix)
            };
        }
        match entry.strip_prefix('*') {
            Some(suffix) => names.has_suffix(suffix),
            None => !entry.is_empty() && (self.places.is_known(entry) || names.has(entry)),
        }
    }

    fn namespace_names(&self) -> &Texts {
        self.principals.namespaces.get_or_init(|| {
            let mut names: Vec<String> = self
                .places
                .known()
                .map(|(_, namespace)| namespace.name.to_string())
                .filter(|name| !name.is_empty())
                .collect();
            if !self.quirks.system_namespaces_unknown {
                names.extend(IN_EVERY_CLUSTER.map(Into::into));
            }
            Texts::new(names)
        })
    }

    fn has_identity(&self, principal: &str) -> bool {
        let Some((domain, rest)) = principal.split_once("/ns/") else {
            return false;
        };
        rest.split_once("/sa/").is_some_and(|(namespace, account)| {
            self.trust_domains().iter().any(|known| known == domain)
                && self
                    .places
                    .id(namespace)
                    .is_some_and(|id| self.has_account(id, account))
        })
    }

    /// Every identity, sorted.
    fn identities(&self) -> &Texts {
        self.principals.identities.get_or_init(|| {
            let mut list = Vec::new();
            let mut add = |namespace: NamespaceId, account: &str| {
                let namespace = self.places.get(namespace);
                if namespace.is_known {
                    for domain in self.trust_domains() {
                        list.push(format!("{domain}/ns/{}/sa/{account}", namespace.name));
                    }
                }
            };
            for (namespace, account) in self.workloads.accounts() {
                add(namespace, account);
            }
            if !self.quirks.only_accounts_of_pods {
                for account in &self.objects.service_accounts {
                    add(self.places.namespace_of(account.id), account.name());
                }
            }
            Texts::new(list)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::mesh::testing::{deployment, mesh, mesh_config, object, upstream};

    #[test]
    fn principals_name_identities() {
        let yaml = deployment("foo/x", "app: x")
            + &object("v1 ServiceAccount", "foo/declared", "")
            + &deployment("kube-system/y", "app: y")
            + &mesh_config("trustDomainAliases: [old]");
        let (upstream, default) = (upstream(&yaml), mesh(&yaml));
        for (principal, expected, by_default) in [
            ("cluster.local/ns/foo/sa/default", true, true),
            ("old/ns/foo/sa/default", true, true),
            ("new/ns/foo/sa/default", false, false),
            ("cluster.local/ns/foo/sa/declared", false, true),
            ("cluster.local/ns/kube-system/sa/default", false, true),
            ("*/sa/default", true, true),
            ("*/sa/other", false, false),
            ("cluster.local/ns/foo/*", true, true),
            ("cluster.local/ns/fo*", true, true),
            ("cluster.local/ns/bar/*", false, false),
            ("*foo*", true, true),
            ("*bar*", false, false),
            ("cluster.local/ns/*/sa/default", false, false),
            ("*", true, true),
            ("wrong", false, false),
        ] {
            assert_eq!(
                upstream.security.has_principal(principal),
                expected,
                "{principal}"
            );
            assert_eq!(
                default.security.has_principal(principal),
                by_default,
                "{principal}"
            );
        }
    }
}
