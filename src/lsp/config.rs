//! The configuration of a folder: its `meshlint.yaml`, and the same keys as the client sends them.

use std::path::{Path, PathBuf};

use gen_lsp_types::{Code, Diagnostic, DiagnosticSeverity, Message};
use serde_json::Value;

use super::analysis::How;
use super::text::{Encoding, Lines};
use crate::config::{self, Choice, Config, Given, Governed};
use crate::engine::{self, Options};
use crate::input::{LineColumn, LineIndex};

/// Keys of the client's settings that are the extension's own.
const NOT_OURS: [&str; 3] = ["path", "args", "trace"];

/// A mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The file; `None` for what the client sends, and for mistakes that are in no file.
    pub(super) path: Option<PathBuf>,
    place: LineColumn,
    pub(super) message: String,
}

/// How a folder is analysed, and what is wrong with what says so. `before` holds where nothing can
/// be made of it.
pub(super) fn how(root: &Path, settings: &Value, before: Option<&How>) -> (How, Vec<Fault>) {
    let mut options = Options {
        paths: vec![root.to_owned()],
        ..Options::default()
    };
    let read = || -> Result<How, String> {
        let text = |error: config::Error| error.to_string();
        let mut governed = Governed::of(&Choice::Nearest, &options.paths).map_err(text)?;
        if let Some(sent) = sent(root, settings).map_err(text)? {
            match governed.list.first_mut() {
                Some((own, _)) => own.root = own.root.clone().merge(sent.root),
                None => governed.list.push((sent, options.paths.clone())),
            }
        }
        config::apply(&governed, Given::default(), &mut options).map_err(text)?;
        let mesh_config = engine::mesh_config_of(&options).map_err(|error| error.to_string())?;
        Ok(How {
            options,
            mesh_config,
        })
    };
    match read() {
        Ok(how) => (how, Vec::new()),
        Err(text) => {
            let faults = text.lines().map(fault).collect();
            let paths = vec![root.to_owned()];
            let default = How {
                options: Options {
                    paths,
                    ..Options::default()
                },
                mesh_config: None,
            };
            (before.cloned().unwrap_or(default), faults)
        }
    }
}

/// What the client sends, without what is the extension's own.
fn sent(root: &Path, settings: &Value) -> Result<Option<Config>, config::Error> {
    let Some(object) = settings.as_object() else {
        return Ok(None);
    };
    let own = object
        .iter()
        .filter(|(key, _)| !NOT_OURS.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()));
    let own: serde_json::Map<String, Value> = own.collect();
    if own.is_empty() {
        return Ok(None);
    }
    let text = Value::Object(own).to_string();
    config::read_text("the editor's settings", root, &text).map(Some)
}

/// A line of an error: `FILE:LINE:COLUMN: MESSAGE`.
fn fault(line: &str) -> Fault {
    let place = line.split_once(": ").and_then(|(place, message)| {
        let mut parts = place.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let row = parts.next()?.parse().ok()?;
        let file = std::path::absolute(parts.next()?).ok()?;
        let file = file.canonicalize().ok();
        Some((file, LineColumn { line: row, column }, message))
    });
    match place {
        Some((path, place, message)) => Fault {
            path,
            place,
            message: message.to_owned(),
        },
        None => Fault {
            path: None,
            place: LineColumn { line: 1, column: 1 },
            message: line.to_owned(),
        },
    }
}

impl Fault {
    /// The mistake as a diagnostic of the file's text.
    pub(super) fn diagnostic(&self, text: &str, encoding: Encoding) -> Diagnostic {
        let start = LineIndex::new(text).offset(text, self.place);
        let start = start.unwrap_or(text.len());
        let rest = text.get(start..).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || ":,[]{}".contains(c);
        let length = rest.find(ends).unwrap_or(rest.len());
        let lines = Lines::new(text, encoding);
        Diagnostic {
            range: gen_lsp_types::Range {
                start: lines.position(start),
                end: lines.position(start + length),
            },
            severity: Some(DiagnosticSeverity::Error),
            code: Some(Code::String("configuration".to_owned())),
            code_description: None,
            source: Some("meshlint".to_owned()),
            message: Message::String(self.message.clone()),
            tags: None,
            related_information: None,
            data: None,
        }
    }
}
