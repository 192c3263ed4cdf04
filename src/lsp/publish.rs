//! Findings as the protocol's diagnostics, and what was sent of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location,
    Message, Uri,
};
use rustc_hash::FxHashMap;

use super::client::Client;
use super::findings::{Found, Place};
use super::text::{Encoding, Lines};
use crate::diagnostics::{Rule, Severity};

/// What is in front of a message in the editor.
const SOURCE: &str = "meshlint";

/// From paths to the addresses that the client knows files by.
#[derive(Debug, Clone, Default)]
pub(super) struct Addresses {
    /// Open documents, as the client writes them.
    open: FxHashMap<PathBuf, Uri>,
    /// Folders: links resolved, and as the client has them.
    folders: Vec<(PathBuf, PathBuf)>,
}

impl Addresses {
    /// Learns how the client writes the address of a document.
    pub(super) fn learn(&mut self, path: PathBuf, uri: Uri) {
        self.open.insert(path, uri);
    }

    pub(super) fn set_folders(&mut self, folders: Vec<(PathBuf, PathBuf)>) {
        self.folders = folders;
    }

    /// The address of a file.
    pub(super) fn of(&self, path: &Path) -> Option<Uri> {
        if let Some(uri) = self.open.get(path) {
            return Some(uri.clone());
        }
        let named = self.folders.iter().find_map(|(root, named)| {
            let below = path.strip_prefix(root).ok()?;
            Some(named.join(below))
        });
        Uri::from_file_path(named.as_deref().unwrap_or(path)).ok()
    }
}

/// The file that an address names, links resolved; `None` for what is no file.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let path = uri.to_file_path().ok()?;
    if let Ok(path) = path.canonicalize() {
        return Some(path);
    }
    // One that is not saved yet.
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => Some(folder.join(name)),
        _ => Some(path),
    }
}

/// The findings in a file as diagnostics.
pub(super) fn diagnostics(
    found: &[Found],
    client: Client,
    addresses: &Addresses,
) -> Vec<Diagnostic> {
    let Some(first) = found.first() else {
        return Vec::new();
    };
    let text = Arc::clone(&first.place.text);
    let lines = Lines::new(&text, client.encoding);
    let one = |found: &Found| Diagnostic {
        range: lines.range(found.place.start, found.place.end),
        severity: Some(match found.severity {
            Severity::Error => DiagnosticSeverity::Error,
            Severity::Warning => DiagnosticSeverity::Warning,
            Severity::Info => DiagnosticSeverity::Information,
        }),
        code: Some(Code::String(found.rule.code.to_owned())),
        code_description: page(found.rule).map(|href| CodeDescription { href }),
        source: Some(SOURCE.to_owned()),
        message: Message::String(found.message.clone()),
        tags: None,
        related_information: client
            .shows_related
            .then(|| related(found, client.encoding, addresses)),
        data: None,
    };
    found.iter().map(one).collect()
}

fn related(
    found: &Found,
    encoding: Encoding,
    addresses: &Addresses,
) -> Vec<DiagnosticRelatedInformation> {
    let related = found.related.iter().filter_map(|(place, message)| {
        Some(DiagnosticRelatedInformation {
            location: location(place, encoding, addresses)?,
            message: message.clone(),
        })
    });
    related.collect()
}

/// A place as the client knows it.
pub(super) fn location(
    place: &Place,
    encoding: Encoding,
    addresses: &Addresses,
) -> Option<Location> {
    let lines = Lines::new(&place.text, encoding);
    Some(Location {
        uri: addresses.of(Path::new(&*place.path))?,
        range: lines.range(place.start, place.end),
    })
}

/// Where a rule is explained.
fn page(rule: &Rule) -> Option<Uri> {
    Uri::parse(&rule.help_url()).ok()
}
