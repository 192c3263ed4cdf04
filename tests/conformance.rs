//! Upstream mode reports what Kiali and istioctl report: the cases of `testdata/conformance/`, each
//! a file of objects and what upstream's own code says of it.
//!
//! `CASE=kiali-mtls/kia0206 cargo test --test conformance` checks those whose name begins so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use meshlint::engine::{Options, check_text};
use rayon::prelude::*;
use serde::Deserialize;

/// The fewest cases of each suite: a folder that is missing or cut short is no success.
const SUITES: [(&str, usize); 8] = [
    ("istio-analyze-extra", 30),
    ("istio-security-semantics", 84),
    ("istio-validation-networking", 200),
    ("istio-validation-security", 150),
    ("kiali-authz-selectors-ambient", 190),
    ("kiali-gateways-services", 240),
    ("kiali-mtls", 220),
    ("kiali-routing", 230),
];

/// What upstream says of a case. Other entries, such as its source, are for people.
#[derive(Deserialize)]
struct Expected {
    /// The codes that the case is about.
    codes: Vec<String>,
    /// The findings of these codes, all of them.
    expect: Vec<ExpectedFinding>,
    /// The words of `meshlint mtls`.
    mtls_status: Option<Statuses>,
    /// The same with `--ignore-validations`.
    mtls_status_raw: Option<Statuses>,
    /// Edges of `meshlint mtls`.
    #[serde(default)]
    edges: Vec<Edge>,
    /// Questions for `meshlint can`, and the answers.
    #[serde(default)]
    can: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Edge {
    from: String,
    to: String,
    /// All backends agree if absent.
    to_workload: Option<String>,
    client: String,
    server: String,
    verdict: String,
    subset: Option<String>,
}

#[derive(Deserialize)]
struct Question {
    verdict: String,
    by: Option<String>,
    /// Who calls what, as the command takes it.
    #[serde(flatten)]
    query: serde_json::Value,
}

#[derive(Deserialize)]
struct ExpectedFinding {
    code: String,
    kind: String,
    #[serde(default)]
    namespace: String,
    name: String,
    /// Not compared if absent.
    path: Option<String>,
}

#[derive(Deserialize)]
struct Statuses {
    mesh: Option<String>,
    #[serde(default)]
    namespaces: BTreeMap<String, String>,
}

/// Code, kind, namespace and name, and path.
type Key = (String, String, String, String);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance")
}

#[test]
fn upstream_mode_agrees_with_upstream() {
    let wanted = std::env::var("CASE").unwrap_or_default();
    let mut cases = Vec::new();
    for (suite, least) in SUITES {
        let folders: Vec<_> = fs::read_dir(root().join(suite))
            .unwrap_or_else(|error| panic!("the cases of {suite}: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        let count = folders.len();
        assert!(
            count >= least,
            "{suite} has {count} cases, fewer than {least}"
        );
        cases.extend(folders.into_iter().map(|folder| {
            let name = folder.file_name().unwrap().to_str().unwrap();
            (format!("{suite}/{name}"), folder)
        }));
    }
    cases.retain(|(name, _)| name.starts_with(&wanted));
    assert!(!cases.is_empty(), "no case begins with {wanted:?}");
    cases.sort();
    let failures: Vec<String> = cases
        .par_iter()
        .flat_map_iter(|(name, folder)| {
            let problems = check(folder).into_iter();
            problems.map(move |problem| format!("{name}: {problem}"))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} in {} cases:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

/// What is wrong with a case.
fn check(folder: &Path) -> Vec<String> {
    let input = folder.join("input.yaml");
    let text = fs::read_to_string(&input).unwrap();
    let expected: Expected =
        serde_json::from_str(&fs::read_to_string(folder.join("expect.json")).unwrap()).unwrap();
    let mut problems = findings(&text, &expected);
    for (flags, statuses) in [
        (&[][..], &expected.mtls_status),
        (&["--ignore-validations"][..], &expected.mtls_status_raw),
    ] {
        if let Some(statuses) = statuses {
            problems.extend(mtls(&input, flags, statuses));
        }
    }
    if !expected.edges.is_empty() {
        problems.extend(edges(&input, &expected.edges));
    }
    for question in &expected.can {
        problems.extend(can(&input, question));
    }
    problems
}

fn edges(input: &Path, expected: &[Edge]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Edges {
        edges: Vec<Edge>,
    }
    let output = Command::new(env!("CARGO_BIN_EXE_meshlint"))
        .args(["mtls", "--format", "json", "--upstream"])
        .arg(input)
        .output()
        .unwrap();
    let Ok(found) = serde_json::from_slice::<Edges>(&output.stdout) else {
        return vec![format!(
            "edges: {}",
            String::from_utf8_lossy(&output.stderr)
        )];
    };
    let values = |edge: &Edge| format!("{} {} {}", edge.client, edge.server, edge.verdict);
    let mut problems = Vec::new();
    for wanted in expected {
        let name = format!("{} to {}", wanted.from, wanted.to);
        let is_same = |edge: &&Edge| {
            (&edge.from, &edge.to, &edge.subset) == (&wanted.from, &wanted.to, &None)
                && (wanted.to_workload.is_none() || edge.to_workload == wanted.to_workload)
        };
        let rows: Vec<&Edge> = found.edges.iter().filter(is_same).collect();
        if rows.is_empty() {
            problems.push(format!("edges: none from {name}"));
        }
        for row in rows.into_iter().filter(|row| values(row) != values(wanted)) {
            problems.push(format!(
                "edges: {name} is {}, not {}",
                values(row),
                values(wanted)
            ));
        }
    }
    problems
}

fn can(input: &Path, question: &Question) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        verdict: String,
        by: Option<String>,
    }
    let output = Command::new(env!("CARGO_BIN_EXE_meshlint"))
        .args(["can", "--format", "json", "--upstream", "--query", "-"])
        .arg(input)
        .write_stdin(question.query.to_string())
        .output()
        .unwrap();
    let Ok(found) = serde_json::from_slice::<Answer>(&output.stdout) else {
        return Some(format!("can: {}", String::from_utf8_lossy(&output.stderr)));
    };
    let is_right = (&found.verdict, &found.by) == (&question.verdict, &question.by);
    (!is_right).then(|| {
        format!(
            "can {}: {} by {:?}, not {} by {:?}",
            question.query, found.verdict, found.by, question.verdict, question.by
        )
    })
}

fn findings(text: &str, expected: &Expected) -> Vec<String> {
    let options = Options {
        upstream: true,
        ..Options::default()
    };
    let report = check_text("input.yaml", text, &options);
    // How often each finding was made, path by path.
    let mut found: HashMap<Key, BTreeMap<String, usize>> = HashMap::new();
    for finding in &report.findings {
        let code = finding.rule.code;
        if !expected.codes.iter().any(|wanted| wanted == code) {
            continue;
        }
        let (kind, namespace, name) = match &finding.object {
            Some(object) => (&*object.kind, &*object.namespace, &*object.name),
            None => ("", "", ""),
        };
        let paths = found.entry(key(code, kind, namespace, name)).or_default();
        *paths.entry(finding.path.to_string()).or_default() += 1;
    }
    let mut problems = Vec::new();
    // Those that assert a path first, so that the others take what is left.
    let (exact, any): (Vec<_>, Vec<_>) = expected.expect.iter().partition(|e| e.path.is_some());
    for wanted in exact.into_iter().chain(any) {
        let ExpectedFinding {
            code,
            kind,
            namespace,
            name,
            path,
        } = wanted;
        let paths = found.entry(key(code, kind, namespace, name)).or_default();
        let count = match path {
            Some(path) => paths.get_mut(path).filter(|count| **count > 0),
            None => paths.values_mut().find(|count| **count > 0),
        };
        match count {
            Some(count) => *count -= 1,
            None => problems.push(format!(
                "missing: {code} {kind} {namespace}/{name} {path:?}"
            )),
        }
    }
    for ((code, kind, namespace, name), paths) in found {
        for (path, count) in paths.into_iter().filter(|(_, count)| *count > 0) {
            problems.push(format!(
                "{count} too many: {code} {kind} {namespace}/{name} {path:?}"
            ));
        }
    }
    problems
}

/// The namespace `default` is also that of objects which name none.
fn key(code: &str, kind: &str, namespace: &str, name: &str) -> Key {
    let namespace = if namespace == "default" {
        ""
    } else {
        namespace
    };
    [code, kind, namespace, name].map(str::to_owned).into()
}

fn mtls(input: &Path, flags: &[&str], expected: &Statuses) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_meshlint"))
        .args(["mtls", "--format", "json", "--upstream"])
        .args(flags)
        .arg(input)
        .output()
        .unwrap();
    let Ok(found) = serde_json::from_slice::<Statuses>(&output.stdout) else {
        return vec![format!("mtls: {}", String::from_utf8_lossy(&output.stderr))];
    };
    let mut problems = Vec::new();
    if expected.mesh.is_some() && expected.mesh != found.mesh {
        problems.push(format!(
            "mtls: mesh is {:?}, not {:?}",
            found.mesh, expected.mesh
        ));
    }
    for (namespace, status) in &expected.namespaces {
        let own = found.namespaces.get(namespace);
        if own != Some(status) {
            problems.push(format!("mtls: {namespace} is {own:?}, not {status:?}"));
        }
    }
    problems
}
