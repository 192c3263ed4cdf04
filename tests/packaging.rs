//! What the repository promises to pipelines and editors, held on real file trees: hooks, the action,
//! recipes, archives, the book, the name for kubectl.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_yaml::Value;

const NAMESPACE: &str =
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n";
/// One error, whatever else there is.
const FAULT: &str = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: STRCT}}\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_meshlint"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&read(path)).unwrap()
}

/// A folder with a mesh, and meshlint on the PATH.
struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join("tree").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let programs = folder.path().join("bin");
        fs::create_dir_all(&programs).unwrap();
        fs::create_dir_all(folder.path().join("temp")).unwrap();
        for name in ["meshlint", "kubectl-meshlint"] {
            std::os::unix::fs::symlink(binary(), programs.join(name)).unwrap();
        }
        Self { folder }
    }

    fn faulty() -> Self {
        Self::new(&[("ns.yaml", NAMESPACE), ("policy.yaml", FAULT)])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a line of a shell in the tree.
    fn shell(&self, line: &str, variables: &[(&str, &str)]) -> Output {
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new("bash");
        command
            .args(["-euc", line])
            .current_dir(self.path("tree"))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("RUNNER_TEMP", self.path("temp"))
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("GITHUB_PATH", self.path("path"))
            .env_remove("GITHUB_ACTIONS")
            .env_remove("GITHUB_STEP_SUMMARY");
        command.envs(variables.iter().copied());
        command.output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn hooks_check_the_whole_repository_once() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks.as_sequence().unwrap();
    let ids: Vec<&str> = hooks
        .iter()
        .map(|hook| hook["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["meshlint", "meshlint-fix", "meshlint-docker"]);
    for hook in hooks {
        assert_eq!(hook["pass_filenames"], Value::Bool(false));
        assert_eq!(hook["require_serial"], Value::Bool(true));
        assert_eq!(
            hook["types_or"],
            serde_yaml::from_str::<Value>("[yaml]").unwrap()
        );
        for key in ["name", "entry", "language", "description"] {
            assert!(hook[key].is_string(), "{key}");
        }
    }
}

#[test]
fn the_hook_fails_where_there_are_errors() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let entry = hooks[0]["entry"].as_str().unwrap();
    assert_eq!(Tree::faulty().shell(entry, &[]).status.code(), Some(1));
    let clean = Tree::new(&[("ns.yaml", NAMESPACE)]);
    assert_eq!(clean.shell(entry, &[]).status.code(), Some(0));
}

#[test]
fn the_action_hands_inputs_over_as_variables() {
    let action = yaml("action.yml");
    assert_eq!(action["runs"]["using"], "composite");
    for step in action["runs"]["steps"].as_sequence().unwrap() {
        if let Some(run) = step["run"].as_str() {
            assert!(!run.contains("${{"), "{run}");
            assert_eq!(step["shell"], "bash");
        }
    }
    for output in ["sarif-file", "findings", "exit-code"] {
        assert!(action["outputs"][output]["value"].is_string(), "{output}");
    }
}

/// Every `uses:` of a document.
fn uses(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Mapping(entries) => {
            for (key, value) in entries {
                if key == "uses" {
                    found.push(value.as_str().unwrap().to_owned());
                }
                uses(value, found);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| uses(item, found)),
        _ => {}
    }
}

#[test]
fn other_actions_are_pinned_by_commit() {
    let mut found = Vec::new();
    for path in [
        "action.yml",
        ".github/workflows/ci.yml",
        ".github/workflows/release.yml",
    ] {
        uses(&yaml(path), &mut found);
    }
    assert!(found.len() > 3);
    for used in found {
        let (_, commit) = used.split_once('@').unwrap();
        let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(is_commit, "{used}");
    }
}

#[test]
fn workflows_put_no_expression_into_scripts() {
    fn runs(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Mapping(entries) => {
                for (key, value) in entries {
                    match value.as_str() {
                        Some(text) if key == "run" => found.push(text.to_owned()),
                        _ => runs(value, found),
                    }
                }
            }
            Value::Sequence(items) => items.iter().for_each(|item| runs(item, found)),
            _ => {}
        }
    }
    for path in [".github/workflows/ci.yml", ".github/workflows/release.yml"] {
        let mut found = Vec::new();
        runs(&yaml(path), &mut found);
        assert!(!found.is_empty());
        for run in found {
            assert!(!run.contains("${{"), "{path}: {run}");
        }
    }
}

fn action(tree: &Tree, step: &str, variables: &[(&str, &str)]) -> Output {
    let script = root().join("packaging/action.sh");
    tree.shell(&format!("bash {} {step}", script.display()), variables)
}

/// What a step told as its outputs.
fn outputs(tree: &Tree) -> Vec<(String, String)> {
    let text = fs::read_to_string(tree.path("output")).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_action_reports_and_leaves_the_verdict_to_its_last_step() {
    let tree = Tree::faulty();
    let done = action(&tree, "check", &[("MESHLINT_PATHS", ".\n\n")]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(
        text(&done.stdout).starts_with("::error "),
        "{}",
        text(&done.stdout)
    );
    let outputs = outputs(&tree);
    let of = |key: &str| &outputs.iter().find(|(own, _)| own == key).unwrap().1;
    assert_eq!(
        (of("findings").as_str(), of("exit-code").as_str()),
        ("1", "1")
    );
    let sarif: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(of("sarif-file")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
}

#[test]
fn inputs_of_the_action_are_arguments_and_never_scripts() {
    let tree = Tree::faulty();
    let hostile = "$(touch hacked); touch hacked";
    let done = action(&tree, "check", &[("MESHLINT_PATHS", hostile)]);
    assert!(done.status.success());
    assert!(outputs(&tree).contains(&("exit-code".to_owned(), "2".to_owned())));
    assert!(!tree.path("tree/hacked").exists());
}

#[test]
fn the_action_installs_an_archive_only_if_its_checksum_holds() {
    let tree = Tree::faulty();
    let releases = tree.path("releases");
    let folder = releases.join("download/v9.9.9");
    fs::create_dir_all(&folder).unwrap();
    let target = text(&tree.shell("uname -m", &[]).stdout);
    let target = format!("{}-unknown-linux-musl", target.trim());
    let packed = pack(&tree, &target, &folder);
    assert!(packed.status.success(), "{}", text(&packed.stderr));
    let url = format!("file://{}", releases.display());
    let cache = tree.path("cache").display().to_string();
    let variables = [
        ("MESHLINT_VERSION", "v9.9.9"),
        ("MESHLINT_RELEASES", url.as_str()),
        ("RUNNER_TOOL_CACHE", cache.as_str()),
    ];
    let done = action(&tree, "install", &variables);
    assert!(
        done.status.success(),
        "{}{}",
        text(&done.stdout),
        text(&done.stderr)
    );
    let added = fs::read_to_string(tree.path("path")).unwrap();
    assert!(Path::new(added.trim()).join("meshlint").is_file());

    fs::remove_dir_all(&cache).unwrap();
    let archive = folder.join(format!("meshlint-{target}.tar.gz"));
    let mut bytes = fs::read(&archive).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&archive, bytes).unwrap();
    let done = action(&tree, "install", &variables);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stdout).contains("is not what its checksum says"));
}

/// Packs an archive. A small program takes the place of the one that is tested, which is large.
fn pack(tree: &Tree, target: &str, folder: &Path) -> Output {
    let script = root().join("packaging/archive.sh");
    let program = tree.path("program");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let (program, folder) = (program.display(), folder.display());
    let line = format!("bash {} {program} {target} {folder}", script.display());
    tree.shell(&line, &[("MESHLINT_NATIVE", binary().to_str().unwrap())])
}

#[test]
fn archives_hold_what_binstall_and_kubectl_look_for() {
    let tree = Tree::faulty();
    let target = "x86_64-unknown-linux-musl";
    assert!(pack(&tree, target, &tree.path("out")).status.success());
    let listing = tree.shell(&format!("tar -tzf ../out/meshlint-{target}.tar.gz"), &[]);
    let listing = text(&listing.stdout);
    let names: BTreeSet<&str> = listing.lines().collect();
    for name in [
        "meshlint",
        "kubectl-meshlint",
        "README.md",
        "LICENSE",
        "completions/_meshlint",
        "man/meshlint.1",
        "man/meshlint-check.1",
    ] {
        assert!(names.contains(name), "{name} in {listing}");
    }
    let manifest = read("Cargo.toml");
    assert!(
        manifest.contains("{ repo }/releases/download/v{ version }/meshlint-{ target }.tar.gz")
    );
    assert!(manifest.contains("bin-dir = \"{ bin }{ binary-ext }\""));
    assert!(read(".github/workflows/release.yml").contains("meshlint-$TARGET.tar.gz"));
}

#[test]
fn every_command_has_a_man_page() {
    let tree = Tree::faulty();
    assert!(tree.shell("meshlint man pages", &[]).status.success());
    let help = text(&tree.shell("meshlint --help", &[]).stdout);
    let commands = help
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("Options:")
        .next()
        .unwrap();
    let names = commands.lines().filter_map(|line| {
        let name = line.strip_prefix("  ")?.split_whitespace().next()?;
        (!line.starts_with("   ")).then_some(name)
    });
    let names: Vec<&str> = names.collect();
    assert!(
        names.contains(&"check") && names.contains(&"lsp"),
        "{names:?}"
    );
    for name in names {
        let page = fs::read_to_string(tree.path(&format!("tree/pages/meshlint-{name}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{name}");
    }
}

#[test]
fn kubectl_users_see_the_name_that_they_call() {
    let help = text(
        &Tree::faulty()
            .shell("kubectl-meshlint check --help", &[])
            .stdout,
    );
    assert!(help.contains("Usage: kubectl meshlint check"), "{help}");
}

/// The commands of the fenced blocks of a page: in shells and pipelines, what begins with `meshlint`.
fn commands(page: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for line in read(page).lines() {
        let line = line
            .trim()
            .trim_start_matches("- ")
            .trim_start_matches("$ ");
        let line = line
            .strip_prefix("sh '")
            .map_or(line, |rest| rest.trim_end_matches('\''));
        if line.starts_with("meshlint ") {
            commands.push(line.to_owned());
        }
        // Containers: the arguments of the program.
        if let Some(list) = line.strip_prefix("args: [check,") {
            let arguments = list
                .trim_end_matches(']')
                .replace(',', " ")
                .replace("/work", ".");
            commands.push(format!("meshlint check {arguments}"));
        }
    }
    commands
}

#[test]
fn recipes_run() {
    let commands = commands("docs/recipes.md");
    let checks: Vec<&String> = commands
        .iter()
        .filter(|c| c.starts_with("meshlint check"))
        .collect();
    assert!(checks.len() >= 4, "{commands:?}");
    for command in checks {
        let done = Tree::faulty().shell(command, &[]);
        assert_eq!(
            done.status.code(),
            Some(1),
            "{command}: {}",
            text(&done.stderr)
        );
        let clean = Tree::new(&[("ns.yaml", NAMESPACE)]);
        let done = clean.shell(command, &[]);
        assert_eq!(
            done.status.code(),
            Some(0),
            "{command}: {}",
            text(&done.stderr)
        );
    }
}

#[test]
fn manifests_of_recipes_are_yaml() {
    let page = read("docs/recipes.md");
    let blocks = page.split("```yaml\n").skip(1);
    let mut count = 0;
    for block in blocks.map(|rest| rest.split("```").next().unwrap()) {
        serde_yaml::from_str::<Value>(block).unwrap();
        count += 1;
    }
    assert!(count >= 5);
}

#[test]
fn what_a_cluster_prints_is_read_from_standard_input() {
    let tree = Tree::faulty();
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: shop}\n";
    fs::write(tree.path("tree/list.yaml"), list).unwrap();
    let done = tree.shell("cat list.yaml | meshlint check -", &[]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
}

#[test]
fn the_image_runs_the_program_alone_as_nobody() {
    let file = read("Dockerfile");
    let last = file.rsplit("\nFROM ").next().unwrap();
    assert!(last.starts_with("scratch\n"));
    assert!(last.contains("USER 65532:65532"));
    assert!(last.contains("ENTRYPOINT [\"/meshlint\"]"));
    let images = file.lines().filter(|line| line.starts_with("FROM "));
    for image in images {
        assert!(
            !image.ends_with(":latest") && !image.contains(":latest "),
            "{image}"
        );
    }
}

#[test]
fn versions_agree() {
    let version = env!("CARGO_PKG_VERSION");
    let package: serde_json::Value =
        serde_json::from_str(&read("editors/vscode/package.json")).unwrap();
    assert_eq!(package["version"], version);
    let hooks = yaml(".pre-commit-hooks.yaml");
    let entry = hooks[2]["entry"].as_str().unwrap();
    assert!(entry.contains(&format!(":{version} ")), "{entry}");
    for (at, _) in read("docs/recipes.md").match_indices("meshlint/meshlint:") {
        let page = read("docs/recipes.md");
        let rest = page.get(at..).unwrap();
        assert!(rest.starts_with(&format!("meshlint/meshlint:{version}")));
    }
}

#[test]
fn the_book_has_a_page_for_every_rule_and_no_dead_link() {
    let tree = Tree::faulty();
    let script = root().join("packaging/book.sh");
    let folder = tree.path("book");
    let line = format!(
        "bash {} {} {}",
        script.display(),
        binary().display(),
        folder.display()
    );
    let done = tree.shell(&line, &[]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let summary = fs::read_to_string(folder.join("SUMMARY.md")).unwrap();
    let rules = fs::read_dir(root().join("rules")).unwrap().count();
    assert_eq!(summary.matches("](rules/").count(), rules);
    let pages = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|e| e == "md"));
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for (_, rest) in text
            .match_indices("](")
            .map(|(at, _)| text.split_at(at + 2))
        {
            let link = rest.split([')', '#', ' ']).next().unwrap();
            let is_page = link.ends_with(".md") && !link.contains("://");
            assert!(
                !is_page || folder.join(link).is_file(),
                "{} in {}",
                link,
                page.display()
            );
        }
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("({name})")),
            "{name}"
        );
    }
    let config = read("book.toml");
    assert!(config.contains("src = \"target/book-src\""));
}

#[test]
fn scripts_can_be_run() {
    for name in ["action.sh", "archive.sh", "book.sh"] {
        let mode = fs::metadata(root().join("packaging").join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111, "{name}");
    }
}

#[test]
fn the_extension_runs_nothing_that_a_workspace_brings() {
    let package: serde_json::Value =
        serde_json::from_str(&read("editors/vscode/package.json")).unwrap();
    assert_eq!(
        package["capabilities"]["untrustedWorkspaces"]["supported"],
        false
    );
    let settings = &package["contributes"]["configuration"]["properties"];
    assert_eq!(settings["meshlint.path"]["scope"], "machine-overridable");
    assert_eq!(package.get("dependencies"), None);
}
