//! Modules use only those before them in the flow, and the map in `docs/architecture.md` says
//! which: it and the source fail this test when either changes alone.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, tests left out.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            files(&path, found);
        } else if name.ends_with(".rs") && !matches!(name, "tests.rs" | "testing.rs") {
            found.push(path);
        }
    }
}

/// The code of a file without comments and without its tests, which end it.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let tests = text.find("#[cfg(test)]\nmod tests {");
    let text = tests.map_or(&*text, |at| text.split_at(at).0);
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The module of a file: the folder or file right below `src`.
fn module(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src")).unwrap();
    let first = below.iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The names that follow `crate::`, those of a list in braces included.
fn names(code: &str) -> BTreeSet<&str> {
    let name = |text: &'_ str| -> usize {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        end.unwrap_or(text.len())
    };
    let mut names = BTreeSet::new();
    for (_, rest) in code
        .match_indices("crate::")
        .map(|(at, _)| code.split_at(at))
    {
        let rest = rest.strip_prefix("crate::").unwrap();
        let Some(list) = rest.strip_prefix('{') else {
            names.insert(rest.split_at(name(rest)).0);
            continue;
        };
        let (mut depth, mut is_name_next) = (0, true);
        for (at, character) in list.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => is_name_next = true,
                c if is_name_next && !c.is_whitespace() => {
                    let item = list.split_at(at).1;
                    names.insert(item.split_at(name(item)).0);
                    is_name_next = false;
                }
                _ => {}
            }
        }
    }
    names
}

/// Which modules use which.
fn used() -> Arrows {
    let mut paths = Vec::new();
    files(&root().join("src"), &mut paths);
    let codes: Vec<(String, String)> = paths
        .iter()
        .map(|path| (module(path), code(path)))
        .filter(|(module, _)| !matches!(module.as_str(), "lib" | "main"))
        .collect();
    let mut arrows = Arrows::new();
    for (module, _) in &codes {
        arrows.entry(module.clone()).or_default();
    }
    let modules: BTreeSet<String> = arrows.keys().cloned().collect();
    // An exported macro stands at the root, whatever module defines it.
    let home = |name: &str| {
        let definition = format!("macro_rules! {name} ");
        let defining = codes.iter().find(|(_, code)| code.contains(&definition));
        defining.map_or_else(
            || panic!("{name} is no module"),
            |(module, _)| module.clone(),
        )
    };
    for (module, code) in &codes {
        for name in names(code) {
            let target = match modules.get(name) {
                Some(target) => target.clone(),
                None => home(name),
            };
            if target != *module {
                arrows.get_mut(module).unwrap().insert(target);
            }
        }
    }
    arrows
}

/// The map of the architecture page, in its order.
fn allowed() -> Vec<(String, BTreeSet<String>)> {
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, rest) = page
        .split_once("```arrows\n")
        .expect("the page has the map");
    let (map, _) = rest.split_once("```").unwrap();
    map.lines()
        .map(|line| {
            let (module, uses) = line.split_once(':').expect(line);
            let uses = uses.split_whitespace().map(str::to_owned);
            (module.to_owned(), uses.collect())
        })
        .collect()
}

#[test]
fn modules_use_what_the_map_says() {
    let map: Arrows = allowed().into_iter().collect();
    let line = |arrows: &Arrows, module| {
        let uses = arrows.get(module)?.iter().map(String::as_str);
        Some(format!("{module}: {}", uses.collect::<Vec<_>>().join(" ")))
    };
    let used = used();
    let modules: BTreeSet<&String> = map.keys().chain(used.keys()).collect();
    let different: Vec<_> = modules
        .into_iter()
        .filter(|module| map.get(*module) != used.get(*module))
        .map(|module| (line(&used, module), line(&map, module)))
        .collect();
    assert!(
        different.is_empty(),
        "what src uses, and what the map says: {different:#?}"
    );
}

#[test]
fn no_module_uses_one_after_it() {
    let mut before = BTreeSet::new();
    for (module, uses) in allowed() {
        let after: Vec<_> = uses.difference(&before).collect();
        assert!(after.is_empty(), "{module} comes before {after:?}");
        before.insert(module);
    }
}

#[test]
fn every_module_has_its_section() {
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    for (module, _) in allowed() {
        let heads = [
            format!("## `src/{module}`\n"),
            format!("## `src/{module}.rs`\n"),
        ];
        assert!(heads.iter().any(|head| page.contains(head)), "{module}");
    }
}

#[test]
fn names_are_found_in_lists_and_paths() {
    let code = "use crate::{a, b::{c, d}, e::f};\nlet x = crate::g::h(crate::i!());\nuse crate::j;";
    let found: Vec<_> = names(code).into_iter().collect();
    assert_eq!(found, ["a", "b", "e", "g", "i", "j"]);
}
