//! Identities that workloads have under mutual TLS, `<trust domain>/ns/<namespace>/sa/<account>`,
//! and the patterns that policies write for them.

use std::sync::OnceLock;

use super::Mesh;
use super::namespaces::NamespaceId;
use crate::model::Str;

/// Every identity of the mesh, sorted; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Principals {
    domains: OnceLock<Vec<Str>>,
    forward: OnceLock<Vec<String>>,
    backward: OnceLock<Vec<String>>,
}

impl Mesh {
    /// Whether a service account is known to be in use: some workload of a known namespace runs
    /// under it. Outside upstream mode a declared ServiceAccount is known too.
    pub fn has_account(&self, namespace: NamespaceId, account: &str) -> bool {
        self.namespaces.get(namespace).is_known
            && (self.workloads.has_account(namespace, account)
                || !self.quirks.only_accounts_of_pods && self.declares_account(namespace, account))
    }

    fn declares_account(&self, namespace: NamespaceId, account: &str) -> bool {
        let namespace = self.namespaces.name(namespace);
        self.named(namespace, account).service_accounts().is_some()
    }

    /// The trust domains whose identities the mesh knows: upstream the identity domain without
    /// `svc.`, and the aliases; otherwise those of the mesh config and `cluster.local`, which
    /// Istio reads as the mesh's own.
    pub fn trust_domains(&self) -> &[Str] {
        self.principals.domains.get_or_init(|| {
            let domain = &self.identity_domain;
            let mut domains = vec![Str::from(domain.strip_prefix("svc.").unwrap_or(domain))];
            for plane in self.namespaces.control_planes() {
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
        let (prefix, suffix) = (principal.strip_suffix('*'), principal.strip_prefix('*'));
        match (prefix, suffix) {
            (None, None) => self.has_identity(principal),
            (Some(prefix), _) if !prefix.contains('*') => begins(self.identities(), prefix),
            (_, Some(suffix)) if !suffix.contains('*') => {
                let reversed: String = suffix.chars().rev().collect();
                begins(self.reversed_identities(), &reversed)
            }
            _ => self.identities().iter().any(|one| covers(principal, one)),
        }
    }

    fn has_identity(&self, principal: &str) -> bool {
        let Some((domain, rest)) = principal.split_once("/ns/") else {
            return false;
        };
        rest.split_once("/sa/").is_some_and(|(namespace, account)| {
            self.trust_domains().iter().any(|known| known == domain)
                && self
                    .namespaces
                    .id(namespace)
                    .is_some_and(|id| self.has_account(id, account))
        })
    }

    /// Every identity, sorted.
    fn identities(&self) -> &[String] {
        self.principals.forward.get_or_init(|| {
            let mut list = Vec::new();
            let mut add = |namespace: NamespaceId, account: &str| {
                let namespace = self.namespaces.get(namespace);
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
                    add(self.namespaces.of(account.id), account.name());
                }
            }
            list.sort_unstable();
            list.dedup();
            list
        })
    }

    fn reversed_identities(&self) -> &[String] {
        self.principals.backward.get_or_init(|| {
            let reversed = self
                .identities()
                .iter()
                .map(|one| one.chars().rev().collect());
            let mut list: Vec<String> = reversed.collect();
            list.sort_unstable();
            list
        })
    }
}

/// Whether a text of a sorted list begins with `prefix`.
fn begins(sorted: &[String], prefix: &str) -> bool {
    let first = sorted.partition_point(|text| text.as_str() < prefix);
    sorted
        .get(first)
        .is_some_and(|text| text.starts_with(prefix))
}

/// Whether `pattern`, in which every star stands for any text, covers the whole of `text`.
fn covers(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    let mut starred = false;
    while let Some(part) = parts.next() {
        starred = true;
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    starred || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::testing::{deployment, mesh, mesh_config, object, upstream};

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXbY", false),
            ("*foo*", "a/foo/b", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(covers(pattern, text), expected, "{pattern} {text}");
        }
    }

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
            assert_eq!(upstream.has_principal(principal), expected, "{principal}");
            assert_eq!(default.has_principal(principal), by_default, "{principal}");
        }
    }
}
