//! Whether an address means this repository.

use std::collections::{BTreeMap, BTreeSet};

use crate::render::{EntryKind, Sources, join};

/// The addresses under which this repository is known, or seems to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    own: BTreeSet<String>,
    /// Whether the addresses are told by remotes or a bootstrap, and not guessed from paths.
    are_told: bool,
}

impl Addresses {
    /// Finds the addresses: the remotes of the clone and those of `bootstraps`; where neither is
    /// known, of the addresses in `uses`, which come with the path that is used there, the one
    /// most of whose paths exist here.
    pub fn find<'u>(
        sources: &Sources,
        bootstraps: impl IntoIterator<Item = &'u str>,
        uses: impl IntoIterator<Item = (&'u str, &'u str)>,
    ) -> Self {
        let mut own: BTreeSet<String> = remotes(sources).collect();
        own.extend(bootstraps.into_iter().map(normal));
        own.remove("");
        if !own.is_empty() {
            return Self {
                own,
                are_told: true,
            };
        }
        let mut counts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (address, path) in uses {
            let Some(path) = join("", path.trim_start_matches('/')) else {
                continue;
            };
            if sources.files().kind(&path) == Some(EntryKind::Folder) {
                counts.entry(normal(address)).or_default().insert(path);
            }
        }
        let most = counts.values().map(BTreeSet::len).max().unwrap_or(0);
        counts.retain(|_, paths| paths.len() == most);
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
        Some((host, first)) if !has_scheme && path.is_empty() => (host.to_owned(), first.to_owned()),
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
        let own = Addresses::find(&sources, [], [("https://h/you/other", "")]);
        assert!(own.are("https://h/me/fleet") && own.are("https://h/you/fleet"));
        assert!(!own.are("https://h/you/other"));
    }

    #[test]
    fn without_remotes_the_address_whose_paths_exist_is_taken() {
        let sources = tree(&[("apps/a/x.yaml", ""), ("apps/b/x.yaml", "")]);
        let uses = [
            ("https://h/me/fleet", "apps/a"),
            ("https://h/me/fleet", "./apps/b"),
            ("https://h/me/charts", "apps/a"),
            ("https://h/me/charts", "charts/c"),
        ];
        let own = Addresses::find(&sources, [], uses);
        assert!(own.are("https://h/me/fleet"));
        assert!(!own.are("https://h/me/charts"));
        assert!(!Addresses::find(&sources, [], [("https://h/x/y", "gone")]).are("https://h/x/y"));
    }
}
