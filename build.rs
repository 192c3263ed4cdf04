//! Turns the rule book (`rules/*.md`) into the table of codes: a rule is declared once, in the
//! front matter of its page.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    code: String,
    name: String,
    origin: Origin,
    identity: Identity,
    severity: String,
    message: String,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    covers: Vec<String>,
    #[serde(default)]
    outranks: Vec<String>,
    #[serde(default)]
    symptoms: Vec<String>,
    since: String,
    #[serde(default = "yes")]
    default: bool,
    /// The severity under the profile of this name, which turns the rule on.
    #[serde(default, rename = "zero-trust")]
    zero_trust: Option<String>,
}

/// The names are those of `diagnostics::Origin`.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Origin {
    Kiali,
    Istioctl,
    Meshlint,
}

/// The names are those of `diagnostics::Identity`.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Identity {
    Field,
    Text,
    FieldAndText,
    LineAndText,
}

fn yes() -> bool {
    true
}

fn main() {
    println!("cargo::rerun-if-changed=rules");
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let mut pages: Vec<_> = fs::read_dir(Path::new(&root).join("rules"))
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    pages.sort();
    let mut constants = String::new();
    let mut rows = String::new();
    let mut index = 0;
    for path in &pages {
        println!("cargo::rerun-if-changed={}", path.display());
        let stem = path
            .file_stem()
            .and_then(|s| s.to_str())
            .unwrap_or_default();
        if stem == "README" {
            continue;
        }
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => panic!("{}: {error}", path.display()),
        };
        let Some((head, _)) = text
            .strip_prefix("---\n")
            .and_then(|t| t.split_once("\n---\n"))
        else {
            panic!(
                "{}: a rule's page begins with front matter between two lines ---",
                path.display()
            )
        };
        let front: FrontMatter = match serde_yaml::from_str(head) {
            Ok(front) => front,
            Err(error) => panic!("{}: {error}", path.display()),
        };
        assert!(
            front.code == stem,
            "{}: holds code {}",
            path.display(),
            front.code
        );
        let severity_of = |word: &str| match word {
            "error" => "Error",
            "warning" => "Warning",
            "info" => "Info",
            other => panic!("{}: severity {other}", path.display()),
        };
        let severity = severity_of(&front.severity);
        let zero_trust = front.zero_trust.as_deref().map_or_else(
            || "None".to_owned(),
            |word| format!("Some(Severity::{})", severity_of(word)),
        );
        let FrontMatter {
            code,
            name,
            origin,
            identity,
            message,
            kinds,
            mut aliases,
            covers,
            outranks,
            symptoms,
            since,
            default,
            ..
        } = front;
        aliases.extend(covers.iter().cloned());
        check_symptoms(path, &symptoms);
        let _ = writeln!(
            constants,
            "    /// `{code}` {name}\n    pub const {code}: Code = Code({index});"
        );
        let _ = writeln!(
            rows,
            "    Rule {{ code: {code:?}, name: {name:?}, origin: Origin::{origin:?}, \
             identity: Identity::{identity:?}, severity: Severity::{severity}, message: {message:?}, \
             kinds: &{kinds:?}, aliases: &{aliases:?}, covers: &{covers:?}, outranks: &{outranks:?}, symptoms: &{symptoms:?}, since: {since:?}, on_by_default: {default}, zero_trust: {zero_trust}, \
             page: include_str!({:?}) }},",
            path.display().to_string()
        );
        index += 1;
    }
    let out = format!(
        "impl Code {{\n{constants}}}\n\n/// Every rule, ordered by code.\npub static RULES: &[Rule] = &[\n{rows}];\n"
    );
    let target = Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("rule_book.rs");
    if let Err(error) = fs::write(&target, out) {
        panic!("{}: {error}", target.display());
    }
}

/// Refuses phrases that say nothing, and those that say what another one of the page says.
fn check_symptoms(path: &Path, symptoms: &[String]) {
    let mut seen = HashSet::new();
    for symptom in symptoms {
        let words: Vec<_> = symptom
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        assert!(
            !words.is_empty(),
            "{}: the symptom {symptom:?} is empty",
            path.display()
        );
        assert!(
            seen.insert(words),
            "{}: the symptom {symptom:?} stands twice",
            path.display()
        );
    }
}
