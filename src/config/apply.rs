//! From the configuration to the options of a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::Error;
use super::find::{Choice, find};
use super::item::{Content, Item};
use super::read::{Config, read, shown};
use crate::diagnostics::{Baseline, Code, Level, Override, Severity};
use crate::engine::{ConfiguredWorld, MeshConfigSource, Options};
use crate::input::Patterns;
use crate::mesh::External;
use crate::model::Str;

/// Keys that concern the world, and so must be the same for all paths of a run.
const OF_THE_WORLD: [&str; 9] = [
    "worlds",
    "found-worlds",
    "sources",
    "operators",
    "mesh-config",
    "namespace",
    "istio-version",
    "external",
    "closed-world",
];

/// What the command line says itself, so that the configuration does not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given {
    /// `--select`.
    pub select: bool,
    /// `--istio-version`.
    pub istio_version: bool,
    /// `--profile`.
    pub profile: bool,
}

/// The configurations of a run.
#[derive(Debug, Clone, Default)]
pub struct Governed {
    /// Each with the paths that it governs.
    pub list: Vec<(Config, Vec<PathBuf>)>,
}

impl Governed {
    /// Finds and reads the configurations of some paths.
    pub fn of(choice: &Choice, paths: &[PathBuf]) -> Result<Self, Error> {
        let mut governed = Self::default();
        match choice {
            Choice::None => {}
            Choice::File(file) => governed.list.push((read(file)?, paths.to_vec())),
            Choice::Nearest => {
                let mut files: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
                for path in paths {
                    let Some(file) = find(path)? else { continue };
                    match files.iter_mut().find(|(known, _)| *known == file) {
                        Some((_, own)) => own.push(path.clone()),
                        None => files.push((file, vec![path.clone()])),
                    }
                }
                for (file, own) in files {
                    governed.list.push((read(&file)?, own));
                }
            }
        }
        Ok(governed)
    }

    /// The configuration that speaks for the whole run: of several, the first.
    pub fn main(&self) -> Option<&Config> {
        self.list.first().map(|(config, _)| config)
    }

    /// The least severity that makes a run fail.
    pub fn fail_on(&self) -> Option<&str> {
        let mut list = self.list.iter();
        list.find_map(|(config, _)| config.at(&["fail-on"])?.text())
    }
}

/// Lays the configurations below the options of the command line.
pub fn apply(governed: &Governed, given: Given, options: &mut Options) -> Result<(), Error> {
    agree(governed)?;
    let several = governed.list.len() > 1;
    let root = root_of(&options.paths);
    for (config, paths) in &governed.list {
        let below = if several {
            paths
                .iter()
                .map(|path| below(path, root.as_deref()))
                .collect()
        } else {
            Vec::new()
        };
        rules(config, given, below, root.as_deref(), options)?;
        if let Some(list) = config.at(&["exclude"]) {
            for item in list.items() {
                let pattern = item.text().unwrap_or_default();
                let patterns = Patterns::new(&item.place.folder, [pattern]);
                let patterns = patterns.map_err(|why| Error(format!("{}: {why}", item.place)))?;
                options.ignored.push(patterns);
            }
        }
        if options.policy.baseline.is_none()
            && !options.policy.no_ignores
            && let Some(item) = config.at(&["baseline"])
        {
            options.policy.baseline = Some(baseline(item)?);
        }
        let comments = &mut options.policy.comments;
        if let Some(is) = config
            .at(&["suppressions", "require-reason"])
            .and_then(Item::bool)
        {
            comments.require_reason = is;
        }
        if let Some(is) = config
            .at(&["suppressions", "report-unused"])
            .and_then(Item::bool)
        {
            comments.report_unused = is;
        }
    }
    if let Some(config) = governed.main() {
        world(config, given, options)?;
    }
    Ok(())
}

/// Refuses configurations that differ in what concerns the world.
fn agree(governed: &Governed) -> Result<(), Error> {
    let Some(((first, _), others)) = governed.list.split_first() else {
        return Ok(());
    };
    for (other, _) in others {
        for key in OF_THE_WORLD {
            let (one, two) = (first.at(&[key]), other.at(&[key]));
            let same = match (one, two) {
                (None, None) => true,
                (Some(one), Some(two)) => one.place == two.place || same(one, two),
                _ => false,
            };
            if same {
                continue;
            }
            let place = |item: Option<&Item>, config: &Config| match item {
                Some(item) => item.place.to_string(),
                None => config.file.clone(),
            };
            return Err(Error(format!(
                "{} and {} differ in {key}, which concerns all paths of a run together; let both \
                 extend one file that says it",
                place(one, first),
                place(two, other)
            )));
        }
    }
    Ok(())
}

fn same(one: &Item, two: &Item) -> bool {
    match (&one.content, &two.content) {
        (Content::Text(one), Content::Text(two)) => one == two,
        (Content::Bool(one), Content::Bool(two)) => one == two,
        (Content::List(one), Content::List(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (Content::Map(one), Content::Map(two)) => {
            one.len() == two.len()
                && one
                    .iter()
                    .zip(two)
                    .all(|((a, one), (b, two))| a == b && same(one, two))
        }
        _ => false,
    }
}

/// The codes of a list of words.
fn codes(item: Option<&Item>) -> Vec<Code> {
    let words = item.map_or_else(Vec::new, Item::texts);
    let mut codes: Vec<Code> = words.into_iter().flat_map(Code::matching).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn severities(item: Option<&Item>) -> Vec<(Code, Level)> {
    let entries = item.map_or(&[][..], Item::entries);
    let mut words: Vec<(Vec<Code>, Level)> = entries
        .iter()
        .map(|(word, item)| {
            let level = match item.text() {
                Some("error") => Level::Severity(Severity::Error),
                Some("warning") => Level::Severity(Severity::Warning),
                Some("info") => Level::Severity(Severity::Info),
                _ => Level::Off,
            };
            (Code::matching(word), level)
        })
        .collect();
    // What is said of one code wins over what is said of a family: the last counts.
    words.sort_by_key(|(codes, _)| std::cmp::Reverse(codes.len()));
    let each = words.into_iter().flat_map(|(codes, level)| {
        let codes = codes.into_iter();
        codes.map(move |code| (code, level))
    });
    each.collect()
}

/// What a configuration says of rules, for findings below some paths; below none for all.
fn rules(
    config: &Config,
    given: Given,
    below: Vec<String>,
    root: Option<&Path>,
    options: &mut Options,
) -> Result<(), Error> {
    let select = codes(config.at(&["rules", "select"]));
    let ignore = codes(config.at(&["rules", "ignore"]));
    let severity = severities(config.at(&["rules", "severity"]));
    if below.is_empty() {
        if !given.select {
            options.select = select;
        }
        options.ignore.extend(ignore);
        // The last that is said of a code counts.
        let last: BTreeMap<Code, Level> = severity.iter().copied().collect();
        let off = last.into_iter().filter(|(_, level)| *level == Level::Off);
        options.ignore.extend(off.map(|(code, _)| code));
        options.policy.severity.extend(severity);
    } else {
        let unselected = if select.is_empty() || given.select {
            Vec::new()
        } else {
            Code::all().filter(|code| !select.contains(code)).collect()
        };
        let own = Override {
            below: below.clone(),
            ignore: ignore.into_iter().chain(unselected).collect(),
            severity,
            place: config.file.clone(),
            ..Override::default()
        };
        options.policy.overrides.push(own);
    }
    for item in config.at(&["overrides"]).map_or(&[][..], Item::items) {
        let texts = |key: &str| {
            let list = item.at(&[key]).map_or_else(Vec::new, Item::texts);
            list.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let paths = item
            .at(&["paths"])
            .map(|list| globs(list, root))
            .transpose()?;
        options.policy.overrides.push(Override {
            below: below.clone(),
            paths,
            prefix: prefix(&item.place.folder, root),
            namespaces: texts("namespaces"),
            objects: texts("objects"),
            ignore: codes(item.at(&["ignore"])),
            severity: severities(item.at(&["severity"])),
            place: item.place.to_string(),
        });
    }
    Ok(())
}

/// The way from a folder down to the root, ending in `/`; empty where the folder is not above it.
fn prefix(folder: &Path, root: Option<&Path>) -> String {
    let below = root.and_then(|root| root.strip_prefix(folder).ok());
    match below.map(|below| below.to_string_lossy().replace('\\', "/")) {
        Some(below) if !below.is_empty() => format!("{below}/"),
        _ => String::new(),
    }
}

/// Globs of paths from the root of the repository, or from the folder of the configuration where
/// that is above.
fn globs(list: &Item, root: Option<&Path>) -> Result<GlobSet, Error> {
    let mut set = GlobSetBuilder::new();
    for item in list.items() {
        let text = item.text().unwrap_or_default();
        let folder = root.and_then(|root| item.place.folder.strip_prefix(root).ok());
        let folder = folder.map_or_else(String::new, |folder| {
            folder.to_string_lossy().replace('\\', "/")
        });
        let anchored = text.strip_prefix('/');
        let pattern = match (anchored, text.trim_end_matches('/').contains('/')) {
            (Some(text), _) => text.to_owned(),
            (None, true) => text.strip_prefix("./").unwrap_or(text).to_owned(),
            (None, false) => format!("**/{text}"),
        };
        let pattern = match folder.as_str() {
            "" => pattern,
            folder => format!("{}/{pattern}", globset::escape(folder)),
        };
        for pattern in [
            pattern.clone(),
            format!("{}/**", pattern.trim_end_matches('/')),
        ] {
            let glob = GlobBuilder::new(&pattern)
                .literal_separator(true)
                .build()
                .map_err(|error| {
                    Error(format!(
                        "{}: {text:?} is no glob: {}",
                        item.place,
                        error.kind()
                    ))
                })?;
            set.add(glob);
        }
    }
    set.build().map_err(|error| Error(error.to_string()))
}

fn baseline(item: &Item) -> Result<Baseline, Error> {
    let path = Path::new(item.text().unwrap_or_default());
    let text = std::fs::read_to_string(path).map_err(|error| {
        let why = crate::input::reason(&error);
        Error(format!(
            "{}: cannot read the baseline {}: {why}",
            item.place,
            shown(path)
        ))
    })?;
    Baseline::parse(&shown(path), &text).map_err(Error)
}

/// What a configuration says of the world.
fn world(config: &Config, given: Given, options: &mut Options) -> Result<(), Error> {
    let text = |key: &str| config.at(&[key]).and_then(Item::text);
    if options.namespace.is_none() {
        options.namespace = text("namespace").map(str::to_owned);
    }
    options.configured_mesh_config = config.at(&["mesh-config"]).map(mesh_config);
    if let Some(item) = config
        .at(&["istio-version"])
        .filter(|_| !given.istio_version)
    {
        options.istio_version = version(item)?;
    }
    if !given.profile && text("profile") == Some("zero-trust") {
        options.zero_trust = true;
    }
    if config.at(&["closed-world"]).and_then(Item::bool) == Some(true) {
        options.closed_world = true;
    }
    options.external = external(config.at(&["external"]));
    options.found_worlds = config.at(&["found-worlds"]).and_then(Item::bool);
    for (name, item) in config.at(&["worlds"]).map_or(&[][..], Item::entries) {
        let paths = |key: &str| {
            let list = item.at(&[key]).map_or_else(Vec::new, Item::texts);
            list.into_iter().map(PathBuf::from).collect::<Vec<_>>()
        };
        for path in item.at(&["roots"]).map_or(&[][..], Item::items) {
            let root = path.text().unwrap_or_default();
            if !Path::new(root).exists() {
                let root = shown(Path::new(root));
                return Err(Error(format!("{}: there is no {root}", path.place)));
            }
        }
        options.configured.push(ConfiguredWorld {
            name: name.clone(),
            roots: paths("roots"),
            with: paths("with"),
            namespace: item
                .at(&["namespace"])
                .and_then(Item::text)
                .map(str::to_owned),
            mesh_config: item.at(&["mesh-config"]).map(mesh_config),
            istio_version: item.at(&["istio-version"]).map(version).transpose()?,
            external: item.at(&["external"]).map(|item| external(Some(item))),
            closed_world: item.at(&["closed-world"]).and_then(Item::bool),
        });
    }
    Ok(())
}

fn mesh_config(item: &Item) -> MeshConfigSource {
    let place = item.place.to_string();
    match item.at(&["text"]).and_then(Item::text) {
        Some(text) => MeshConfigSource::Inline(text.to_owned(), place),
        None => MeshConfigSource::File(item.text().unwrap_or_default().into()),
    }
}

fn version(item: &Item) -> Result<crate::mesh::istio_version::IstioVersion, Error> {
    let text = item.text().unwrap_or_default();
    let parsed = text.parse();
    parsed.map_err(|error| Error(format!("{}: {error}", item.place)))
}

fn external(item: Option<&Item>) -> External {
    let list = |key: &str| -> Vec<Str> {
        let list = item.and_then(|item| item.at(&[key]));
        let texts = list.map_or_else(Vec::new, Item::texts);
        texts.into_iter().map(Str::from).collect()
    };
    External {
        hosts: list("services"),
        namespaces: list("namespaces"),
        gateways: list("gateways"),
        service_accounts: list("service-accounts"),
        credentials: list("secrets"),
    }
}

/// The root that paths of reports are counted from, as the engine finds it.
fn root_of(paths: &[PathBuf]) -> Option<PathBuf> {
    match crate::engine::repository::root_of(paths) {
        Some((root, _)) => Some(root),
        None => crate::load::places::root(paths),
    }
}

/// A path from the root.
fn below(path: &Path, root: Option<&Path>) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let below = root.and_then(|root| full.strip_prefix(root).ok());
    below.map_or_else(String::new, |below| {
        below.to_string_lossy().replace('\\', "/")
    })
}
