//! Every block of the README is true: commands are run and print what stands below them, YAML is
//! YAML, links into the repository lead somewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn commands_print_what_stands_below_them() {
    let blocks = blocks(&readme(), "console");
    assert!(blocks.len() > 4);
    for block in blocks {
        for example in block.split("$ ").skip(1) {
            let (command, expected) = example.split_once('\n').unwrap();
            let arguments = match command {
                // The command that runs this test; CI runs the same.
                "cargo test" => {
                    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
                    assert!(ci.contains("\ncargo test"));
                    continue;
                }
                "cargo install --path ." => continue,
                _ => command
                    .strip_prefix("cargo run --release -- ")
                    .or_else(|| command.strip_prefix("meshlint "))
                    .unwrap_or_else(|| panic!("how is {command:?} run?")),
            };
            let output = Command::new(cargo_bin("meshlint"))
                .args(arguments.split(' '))
                .current_dir(root())
                .env("COLUMNS", "80")
                .env_remove("CLICOLOR_FORCE")
                .output()
                .unwrap();
            let trim = |text: &str| {
                text.lines()
                    .map(str::trim_end)
                    .collect::<Vec<_>>()
                    .join("\n")
                    .trim_end()
                    .to_owned()
            };
            let printed = trim(&String::from_utf8(output.stdout).unwrap());
            assert_eq!(printed, trim(expected), "{command}");
        }
    }
}

#[test]
fn yaml_blocks_are_yaml() {
    for block in blocks(&readme(), "yaml") {
        serde_yaml::from_str::<serde_yaml::Value>(&block).unwrap();
    }
}

#[test]
fn links_into_the_repository_lead_somewhere() {
    for name in ["README.md", "CONTRIBUTING.md", "docs/architecture.md"] {
        let file = root().join(name);
        let text = std::fs::read_to_string(&file).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if !link.contains("://") && !link.starts_with('#') {
                assert!(file.parent().unwrap().join(link).exists(), "{name}: {link}");
            }
        }
    }
}

#[test]
fn every_subcommand_stands_in_the_table() {
    let help = Command::new(cargo_bin("meshlint"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.split("Commands:").nth(1).unwrap();
    for line in commands
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("  "))
    {
        let Some(name) = line
            .strip_prefix("  ")
            .and_then(|l| l.split(' ').next())
            .filter(|n| !n.is_empty())
        else {
            continue;
        };
        if name != "help" {
            assert!(
                readme().contains(&format!("| `meshlint {name}")),
                "{name} is missing"
            );
        }
    }
}
