//! Rendering: a base with 100 overlays against the base alone, and cases of other people against the
//! tools that they are for, where those are on the PATH.
//!
//! `cargo bench --bench render`; `-- DIR` for a folder of cases, each with a `case.json` that has the
//! `kind` (`kustomize` or `helm`), a `path` below `files/` and the `args`. One process a case is run on
//! both sides.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use meshlint::render::kustomize::{Cache, Options, build};
use meshlint::render::{Memory, Sources};

const OVERLAYS: usize = 100;
const OBJECTS: usize = 200;
const REPEAT: usize = 5;

fn main() {
    let folder = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    match folder {
        Some(folder) => cases(Path::new(&folder)),
        None => overlays(),
    }
}

/// The time of one base with a patch in each of its overlays.
fn overlays() {
    let mut memory = Memory::default();
    let mut base = String::new();
    for n in 0..OBJECTS {
        let _ = write!(
            base,
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: vs-{n}, \
             namespace: shop}}\nspec:\n  hosts: [s-{n}]\n  http:\n  - route: [{{destination: {{host: \
             s-{n}}}}}]\n---\n"
        );
    }
    memory.insert("base/all.yaml", base.as_bytes());
    memory.insert("base/kustomization.yaml", &b"resources: [all.yaml]\n"[..]);
    for n in 0..OVERLAYS {
        let patch = format!(
            "resources: [../../base]\npatches:\n- target: {{name: vs-{n}}}\n  patch: |-\n    - {{op: \
             add, path: /spec/http/0/timeout, value: 1s}}\n"
        );
        let path = format!("overlays/{n:03}/kustomization.yaml");
        memory.insert(&path, patch.as_bytes());
    }
    let sources = Sources::new(Box::new(memory));
    let options = Options::default;
    let alone = best(|| {
        build(&sources, "base", options(), &Cache::default());
    });
    let all = best(|| {
        let cache = Cache::default();
        for n in 0..OVERLAYS {
            build(&sources, &format!("overlays/{n:03}"), options(), &cache);
        }
    });
    let apart = best(|| {
        for n in 0..OVERLAYS {
            build(
                &sources,
                &format!("overlays/{n:03}"),
                options(),
                &Cache::default(),
            );
        }
    });
    println!("base of {OBJECTS} objects        {alone:?}");
    println!("{OVERLAYS} overlays, base shared  {all:?}");
    println!("{OVERLAYS} overlays, each alone   {apart:?}");
}

fn best(mut work: impl FnMut()) -> Duration {
    let times = (0..REPEAT).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    times.min().unwrap()
}

/// The time of all cases, by us and by the tool that they are for.
fn cases(folder: &Path) {
    let own = env!("CARGO_BIN_EXE_meshlint");
    for (kind, tool, before) in [
        ("kustomize", "kustomize", &["build"][..]),
        ("helm", "helm", &["template", "release-name"][..]),
    ] {
        let found = found(folder, kind);
        if found.is_empty() {
            continue;
        }
        let time = |program: &str, before: &[&str]| -> Option<Duration> {
            let start = Instant::now();
            for (files, path, args) in &found {
                let mut command = Command::new(program);
                command.args(before).arg(path).args(args);
                command.current_dir(files);
                command.stdout(Stdio::null()).stderr(Stdio::null());
                command.status().ok()?;
            }
            Some(start.elapsed())
        };
        let ours = time(own, &["render"]).unwrap();
        let count = found.len();
        match time(tool, before) {
            Some(theirs) => println!(
                "{count} cases of {kind}: {ours:?}, {tool} {theirs:?}, {:.1} times as long",
                theirs.as_secs_f64() / ours.as_secs_f64()
            ),
            None => println!("{count} cases of {kind}: {ours:?}; {tool} is not on the PATH"),
        }
    }
}

/// The cases of a kind: the folder of their files, the path in it, the arguments.
fn found(folder: &Path, kind: &str) -> Vec<(PathBuf, String, Vec<String>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(entry.join("case.json")) else {
            continue;
        };
        let case: serde_json::Value = serde_json::from_str(&text).unwrap();
        let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
        if text("kind") != kind {
            continue;
        }
        let args = case["args"].as_array().into_iter().flatten();
        let args = args.filter_map(|arg| arg.as_str().map(ToOwned::to_owned));
        found.push((entry.join("files"), text("path"), args.collect()));
    }
    found
}
