//! What holds of all checks: names, files and declared codes agree.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Check, checks};
use crate::diagnostics::Code;

/// Every source file below `src/rules`.
fn sources() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// What a file is called: that of `mod.rs` is the name of its folder.
fn module(path: &Path) -> &str {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    match stem {
        "mod" => path
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap(),
        _ => stem,
    }
}

#[test]
fn a_check_stands_in_the_file_of_its_name() {
    let sources = sources();
    let mut names = BTreeSet::new();
    for Check { name, codes, runs } in checks() {
        assert!(names.insert(name), "a second check {name}");
        let is_alone =
            |code: &Code| checks().filter(|check| check.codes.contains(code)).count() == 1;
        if let [code] = codes
            && is_alone(code)
        {
            assert_eq!(*name, code.rule().name, "the only code of a check names it");
        }
        let module_name = name.replace('-', "_");
        let declaration = format!("name: \"{name}\",");
        let declaring: Vec<_> = sources
            .iter()
            .map(|path| (path, fs::read_to_string(path).unwrap()))
            .filter(|(_, text)| text.contains(&declaration))
            .collect();
        let [(path, text)] = declaring.as_slice() else {
            panic!("{name} is declared in {} files", declaring.len());
        };
        assert_eq!(module(path), module_name, "{}", path.display());
        let has_function = [format!("fn {module_name}("), format!("fn {module_name}<")]
            .iter()
            .any(|function| text.contains(function));
        assert!(
            has_function || runs.len() > 1,
            "{name}: no function {module_name}"
        );
        let head: Vec<_> = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        let head = head.join("\n");
        let told: BTreeSet<_> = Code::all()
            .filter(|code| head.contains(code.as_str()))
            .collect();
        let declared: BTreeSet<_> = codes.iter().copied().collect();
        assert_eq!(told, declared, "the head of {}", path.display());
    }
}

#[test]
fn a_code_is_reported_by_somebody() {
    let mut reported: BTreeMap<Code, usize> = Code::all().map(|code| (code, 0)).collect();
    for code in checks().flat_map(|check| check.codes) {
        *reported.entry(*code).or_default() += 1;
    }
    // What cannot be read or decoded is found before there is a mesh to check.
    let silent = reported.iter().filter(|(_, count)| **count == 0);
    let silent: Vec<_> = silent.map(|(code, _)| code.as_str()).collect();
    assert!(
        silent.iter().all(|code| code.starts_with("MESH")),
        "{silent:?}"
    );
}
