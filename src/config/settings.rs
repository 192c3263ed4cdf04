//! What a run goes by, as YAML with comments that say where each key came from.

use std::fmt::Write as _;

use super::item::{Content, Item};
use super::read::Config;

/// The effective settings: those of the configuration, and `given` by the command line, each as a
/// key at the top and its value in YAML.
pub fn show(config: Option<&Config>, given: &[(&str, String)]) -> String {
    let mut text = String::new();
    let is_given = |key: &str| given.iter().any(|(name, _)| *name == key);
    let entries = config.map_or(&[][..], |config| config.root.entries());
    for (key, item) in entries {
        if key == "extends" || is_given(key) {
            continue;
        }
        write(&mut text, 0, key, item);
    }
    for (key, value) in given {
        let _ = writeln!(text, "{key}: {value} # command line");
    }
    if text.is_empty() {
        text.push_str("{} # nothing is set: all is as by default\n");
    }
    text
}

fn write(text: &mut String, depth: usize, key: &str, item: &Item) {
    let indent = "  ".repeat(depth);
    let key = quoted(key);
    let place = &item.place;
    match &item.content {
        Content::Map(entries) if entries.is_empty() => {
            let _ = writeln!(text, "{indent}{key}: {{}} # {place}");
        }
        Content::Map(entries) => {
            let _ = writeln!(text, "{indent}{key}:");
            for (key, item) in entries {
                write(text, depth + 1, key, item);
            }
        }
        Content::List(items) if items.is_empty() => {
            let _ = writeln!(text, "{indent}{key}: [] # {place}");
        }
        Content::List(items) => {
            let _ = writeln!(text, "{indent}{key}:");
            for item in items {
                match &item.content {
                    Content::Map(entries) => {
                        let _ = writeln!(text, "{indent}- # {}", item.place);
                        for (key, item) in entries {
                            write(text, depth + 1, key, item);
                        }
                    }
                    _ => {
                        let value = value(item);
                        let _ = writeln!(text, "{indent}- {value} # {}", item.place);
                    }
                }
            }
        }
        Content::Text(_) | Content::Bool(_) => {
            let _ = writeln!(text, "{indent}{key}: {} # {place}", value(item));
        }
    }
}

fn value(item: &Item) -> String {
    match &item.content {
        Content::Bool(is) => is.to_string(),
        Content::Text(text) => quoted(text),
        Content::List(_) | Content::Map(_) => String::new(),
    }
}

/// Text that every reader of YAML takes for the same text.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
