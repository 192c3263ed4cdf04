//! Whether an address means this repository.

use std::collections::{BTreeMap, BTreeSet};

use super::manifests::Manifests;
use super::object::Object;
use crate::nearest;
use crate::render::value::Node;
use crate::render::{EntryKind, Sources, join};

/// The addresses under which this repository is known, or seems to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    own: BTreeSet<String>,
    /// Whether the addresses are told by remotes or a bootstrap, and not guessed from paths.
    are_told: bool,
}

impl Addresses {
    /// Finds the addresses: the remotes of the clone and those of the bootstraps; where neither is
    /// known, of the addresses that GitOps objects name with a path, the one most of whose paths
    /// exist here.
    pub fn find(sources: &Sources, manifests: &Manifests) -> Self {
        let mut uses = Uses::default();
        manifests
            .iter()
            .for_each(|manifest| uses.note(&manifest.object));
        Self::decide(sources, &uses.bootstraps, &uses.paths)
    }

    fn decide(sources: &Sources, bootstraps: &[String], uses: &[(String, String)]) -> Self {
        let mut own: BTreeSet<String> = remotes(sources).collect();
        own.extend(bootstraps.iter().map(|address| normal(address)));
        own.remove("");
        if !own.is_empty() {
            return Self {
                own,
                are_told: true,
            };
        }
        let mut counts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut others: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (address, path) in uses {
            let Some(path) = join("", known_part(path)) else {
                continue;
            };
            if sources.files().kind(&path) == Some(EntryKind::Folder) {
                counts.entry(normal(address)).or_default().insert(path);
            } else {
                others.entry(normal(address)).or_default().push(path);
            }
        }
        let most = counts.values().map(BTreeSet::len).max().unwrap_or(0);
        counts.retain(|_, paths| paths.len() == most);
        if counts.is_empty() && others.len() == 1 {
            // A sole address whose path is nearly one that exists is this repository, misspelt.
            others.retain(|_, paths| paths.iter().any(|path| is_nearly_there(sources, path)));
            return Self {
                own: others.into_keys().collect(),
                are_told: false,
            };
        }
        Self {
            own: counts.into_keys().collect(),
            are_told: false,
        }
    }

    /// Whether the address means this repository. A fork, which has the same name and another
    /// owner, does.
    pub fn are(&self, address: &str) -> bool {
        let address = normal(address);
        if self.own.contains(&address) {
            return true;
        }
        self.are_told && self.own.iter().any(|own| name_of(own) == name_of(&address))
    }
}

/// The addresses that GitOps objects name.
#[derive(Default)]
struct Uses {
    /// Those of bootstraps.
    bootstraps: Vec<String>,
    /// Others, with the path that is used there.
    paths: Vec<(String, String)>,
}

impl Uses {
    fn note(&mut self, object: &Object) {
        let node = object.node();
        let text = |node: Option<&Node>| node.and_then(Node::text).map(ToString::to_string);
        let identity = &object.identity;
        match identity.kind.as_str() {
            "GitRepository" | "OCIRepository" if identity.name == "flux-system" => {
                self.bootstraps.extend(text(node.at(&["spec", "url"])));
            }
            "FluxInstance" => self
                .bootstraps
                .extend(text(node.at(&["spec", "sync", "url"]))),
            "Application" => self.note_spec(node.get("spec")),
            "ApplicationSet" => {
                self.note_spec(node.at(&["spec", "template", "spec"]));
                self.note_generators(node.at(&["spec", "generators"]), 0);
            }
            _ => {}
        }
    }

    fn note_spec(&mut self, spec: Option<&Node>) {
        let Some(spec) = spec else { return };
        let several = spec
            .get("sources")
            .and_then(Node::as_list)
            .into_iter()
            .flatten();
        for source in spec.get("source").into_iter().chain(several) {
            if source.get("chart").is_none() {
                self.note_use(source.get("repoURL"), source.get("path"));
            }
        }
    }

    fn note_generators(&mut self, generators: Option<&Node>, depth: usize) {
        if depth > 4 {
            return;
        }
        for generator in generators.and_then(Node::as_list).into_iter().flatten() {
            if let Some(git) = generator.get("git") {
                let patterns = ["directories", "files"]
                    .into_iter()
                    .filter_map(|key| git.get(key)?.as_list());
                for pattern in patterns.flatten() {
                    self.note_use(git.get("repoURL"), pattern.get("path"));
                }
            }
            for kind in ["matrix", "merge"] {
                let inner = generator
                    .get(kind)
                    .and_then(|inner| inner.get("generators"));
                self.note_generators(inner, depth + 1);
            }
        }
    }

    fn note_use(&mut self, address: Option<&Node>, path: Option<&Node>) {
        let Some(address) = address.and_then(Node::text) else {
            return;
        };
        let path = path.and_then(Node::text).map(ToString::to_string);
        self.paths
            .push((address.to_string(), path.unwrap_or_default()));
    }
}

/// The folder that a path with placeholders or wildcards is below.
fn known_part(path: &str) -> &str {
    let path = path.trim_start_matches('/');
    match path.find(['{', '*', '?', '[']) {
        Some(at) => path
            .get(..at)
            .and_then(|path| path.rfind('/'))
            .map_or("", |end| path.get(..end).unwrap_or_default()),
        None => path,
    }
}

/// Whether a folder of nearly this name is where the path leads.
fn is_nearly_there(sources: &Sources, path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let entries = sources.files().entries(folder);
    entries
        .iter()
        .any(|entry| entry.kind == EntryKind::Folder && nearest::is_slip(name, &entry.name))
}

fn name_of(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or(address)
}

/// An address without what doesn't tell repositories apart: scheme, user, the port of ssh, `.git`,
/// letter case. `git@host:owner/name` and `https://host/owner/name.git` are one.
pub fn normal(address: &str) -> String {
    let address = address.trim();
    let (has_scheme, rest) = match address.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, address),
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let host_start = rest
        .get(..end)
        .and_then(|host| host.rfind('@'))
        .map_or(0, |at| at + 1);
    let rest = rest.get(host_start..).unwrap_or_default();
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) => (host, path),
        None => (rest, ""),
    };
    // In `host:owner/name` the colon begins the path; behind a scheme it begins a port.
    let (host, path) = match host.split_once(':') {
        Some((host, port)) if has_scheme && port == "22" => (host.to_owned(), path.to_owned()),
        Some((host, first)) if !has_scheme && path.is_empty() => {
            (host.to_owned(), first.to_owned())
        }
        Some((host, first)) if !has_scheme => (host.to_owned(), format!("{first}/{path}")),
        _ => (host.to_owned(), path.to_owned()),
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let whole = if path.is_empty() {
        host
    } else {
        format!("{host}/{path}")
    };
    whole.to_lowercase()
}

/// The addresses of the clone's remotes.
fn remotes(sources: &Sources) -> impl Iterator<Item = String> {
    let config = sources.files().read(".git/config").unwrap_or_default();
    let config = String::from_utf8_lossy(&config).into_owned();
    let mut in_remote = false;
    let mut found = Vec::new();
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            in_remote = line.starts_with("[remote ");
        } else if in_remote
            && let Some((key, value)) = line.split_once('=')
            && matches!(key.trim(), "url" | "pushurl")
        {
            found.push(normal(value));
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Memory;

    fn tree(files: &[(&str, &str)]) -> Sources {
        let mut memory = Memory::default();
        for (path, text) in files {
            memory.insert(path, text.as_bytes());
        }
        Sources::new(Box::new(memory))
    }

    fn uses(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(address, path)| ((*address).to_owned(), (*path).to_owned()))
            .collect()
    }

    #[test]
    fn the_forms_of_one_address_are_one() {
        for address in [
            "https://Git.example.com/Team/Fleet.git",
            "git@git.example.com:team/fleet",
            "ssh://git@git.example.com:22/team/fleet.git",
            "ssh://git.example.com/team/fleet/",
            "https://token@git.example.com/team/fleet",
        ] {
            assert_eq!(normal(address), "git.example.com/team/fleet", "{address}");
        }
        assert_eq!(normal("https://h:8443/a/b"), "h:8443/a/b");
    }

    #[test]
    fn remotes_tell_and_forks_count() {
        let sources = tree(&[(
            ".git/config",
            "[core]\n\turl = x\n[remote \"origin\"]\n\turl = git@h:me/fleet.git\n",
        )]);
        let own = Addresses::decide(&sources, &[], &uses(&[("https://h/you/other", "")]));
        assert!(own.are("https://h/me/fleet") && own.are("https://h/you/fleet"));
        assert!(!own.are("https://h/you/other"));
    }

    #[test]
    fn without_remotes_the_address_whose_paths_exist_is_taken() {
        let sources = tree(&[("apps/a/x.yaml", ""), ("apps/b/x.yaml", "")]);
        let pairs = [
            ("https://h/me/fleet", "apps/a"),
            ("https://h/me/fleet", "./apps/b"),
            ("https://h/me/charts", "apps/a"),
            ("https://h/me/charts", "charts/c"),
        ];
        let own = Addresses::decide(&sources, &[], &uses(&pairs));
        assert!(own.are("https://h/me/fleet"));
        assert!(!own.are("https://h/me/charts"));
        let alone = |path: &str| {
            Addresses::decide(&sources, &[], &uses(&[("https://h/x/y", path)])).are("https://h/x/y")
        };
        assert!(!alone("gone") && alone("appz") && alone("apps/{{name}}/x"));
    }
}
