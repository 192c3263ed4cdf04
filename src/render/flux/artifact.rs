//! The files of a Flux artifact: a source's tree without what is ignored, and the kustomization
//! that Flux makes for a folder without one.

use std::collections::BTreeMap;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::render::kustomize;
use crate::render::{EntryKind, Sources, join};

/// What source-controller leaves out by default.
const DEFAULTS: [&str; 22] = [
    ".git/",
    ".gitignore",
    ".gitmodules",
    ".gitattributes",
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
    ".github/",
    ".circleci/",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "**/.sops.yaml",
    "**/.flux.yaml",
];

/// Folders deeper than this are not searched.
const DEEPEST: usize = 64;

/// What of a tree is in the artifact.
#[derive(Debug)]
pub(super) struct Artifact {
    /// The folder of the repository that is the artifact's root.
    pub(super) root: String,
    /// By the folder that has them, the deepest last.
    rules: BTreeMap<String, Gitignore>,
    /// Those of the source object, which come after all others.
    last: Gitignore,
}

impl Artifact {
    /// The artifact of a folder of the repository; `ignore` are the source object's own patterns.
    pub(super) fn new(sources: &Sources, root: &str, ignore: Option<&str>) -> Self {
        let mut builder = GitignoreBuilder::new("");
        add(&mut builder, DEFAULTS);
        if let Some(patterns) = patterns_of(sources, root) {
            add(&mut builder, patterns.lines());
        }
        let mut rules = BTreeMap::new();
        rules.insert(String::new(), built(&builder));
        let mut builder = GitignoreBuilder::new("");
        add(&mut builder, ignore.unwrap_or_default().lines());
        Self {
            root: root.to_owned(),
            rules,
            last: built(&builder),
        }
    }

    /// Reads the patterns of a folder below the root.
    fn enter(&mut self, sources: &Sources, folder: &str) {
        let relative = self.relative(folder).to_owned();
        if relative.is_empty() || self.rules.contains_key(&relative) {
            return;
        }
        if let Some(patterns) = patterns_of(sources, folder) {
            let mut builder = GitignoreBuilder::new("");
            add(&mut builder, patterns.lines());
            self.rules.insert(relative, built(&builder));
        }
    }

    fn relative<'p>(&self, path: &'p str) -> &'p str {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .trim_start_matches('/')
    }

    /// Whether a file or folder, from the repository's root, is left out.
    fn ignores(&self, path: &str, is_folder: bool) -> bool {
        let path = self.relative(path);
        let mut ignored = false;
        let rules = self
            .rules
            .iter()
            .map(|(folder, rules)| (folder.as_str(), rules));
        for (folder, rules) in rules.chain([("", &self.last)]) {
            let below = if folder.is_empty() {
                Some(path)
            } else {
                path.strip_prefix(folder)
                    .and_then(|rest| rest.strip_prefix('/'))
            };
            match below.map(|below| rules.matched(below, is_folder)) {
                Some(found) if found.is_ignore() => ignored = true,
                Some(found) if found.is_whitelist() => ignored = false,
                _ => {}
            }
        }
        ignored
    }

    /// The resources of the kustomization that Flux makes for a folder, relative to it: every
    /// manifest below, and in place of a folder with a kustomization the folder.
    pub(super) fn resources(&mut self, sources: &Sources, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        // Rules of the folders above count, too.
        let mut above = self.root.clone();
        let relative = self.relative(folder).to_owned();
        for part in relative.split('/') {
            if let Some(next) = join(&above, part) {
                above = next;
                self.enter(sources, &above);
            }
        }
        self.walk(sources, folder, "", 0, &mut found);
        found
    }

    fn walk(
        &mut self,
        sources: &Sources,
        folder: &str,
        relative: &str,
        depth: usize,
        found: &mut Vec<String>,
    ) {
        if depth > DEEPEST {
            return;
        }
        self.enter(sources, folder);
        for entry in sources.files().entries(folder) {
            let Some(path) = join(folder, &entry.name) else {
                continue;
            };
            let is_folder = entry.kind == EntryKind::Folder;
            if self.ignores(&path, is_folder) {
                continue;
            }
            let below = if relative.is_empty() {
                entry.name.clone()
            } else {
                format!("{relative}/{}", entry.name)
            };
            if is_folder {
                if kustomize::find_file(sources, &path).is_empty() {
                    self.walk(sources, &path, &below, depth + 1, found);
                } else {
                    found.push(below);
                }
            } else if has_extension(&entry.name, &["yaml", "yml"]) {
                found.push(below);
            }
        }
    }
}

/// Whether a file name ends in one of these extensions.
pub(in crate::render) fn has_extension(name: &str, extensions: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| extensions.contains(&extension))
}

fn built(builder: &GitignoreBuilder) -> Gitignore {
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

fn patterns_of(sources: &Sources, folder: &str) -> Option<String> {
    let path = join(folder, ".sourceignore")?;
    let bytes = sources.files().read(&path)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn add<'l>(builder: &mut GitignoreBuilder, lines: impl IntoIterator<Item = &'l str>) {
    for line in lines {
        // A line that is no pattern is passed over, as git does.
        let _ = builder.add_line(None, line);
    }
}
