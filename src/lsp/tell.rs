//! What the client is told of findings: what changed since it was last told, and nothing else.

use std::path::{Path, PathBuf};

use gen_lsp_types::{Diagnostic, PublishDiagnosticsParams};
use serde_json::{Value, json};

use super::config::Fault;
use super::findings::Found;
use super::folder::{Changed, Folder};
use super::publish::diagnostics;
use super::server::{PROGRESS, Server};

/// What was last sent of a file.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Changes with the diagnostics.
    pub(super) revision: u64,
}

impl Server {
    /// Tells the client what changed in a folder.
    pub(super) fn tell(&mut self, index: usize, changed: &Changed) {
        match changed {
            Changed::Nothing => return,
            Changed::Files(paths) => paths.iter().for_each(|path| self.publish(path)),
            Changed::Everything => self.tell_everything(index),
        }
        if self.client.refreshes_hints {
            self.ask("workspace/inlayHint/refresh", Value::Null);
        }
    }

    fn tell_everything(&mut self, index: usize) {
        let Some(folder) = self.folders.get(index) else {
            return;
        };
        if std::mem::take(&mut self.has_progress) {
            let value = json!({ "kind": "end" });
            self.notify("$/progress", json!({ "token": PROGRESS, "value": value }));
        }
        if let Some(error) = &folder.error {
            self.notify(
                "window/showMessage",
                json!({ "type": 1, "message": format!("meshlint: {error}") }),
            );
        }
        let found = folder.analysis.iter().flat_map(|analysis| {
            let paths = analysis.findings.paths();
            paths.map(PathBuf::from).collect::<Vec<_>>()
        });
        let mut paths: Vec<PathBuf> = found.collect();
        let analysis = folder.analysis.as_deref();
        let faults = analysis.map_or(&[][..], |analysis| analysis.faults.as_slice());
        let (placed, others): (Vec<&Fault>, Vec<&Fault>) =
            faults.iter().partition(|fault| fault.path.is_some());
        paths.extend(placed.into_iter().filter_map(|fault| fault.path.clone()));
        for fault in others {
            let message = format!("meshlint: {}", fault.message);
            self.notify(
                "window/showMessage",
                json!({ "type": 1, "message": message }),
            );
        }
        paths.extend(self.sent.keys().cloned());
        paths.extend(self.buffers.paths().cloned());
        paths.sort();
        paths.dedup();
        for path in paths {
            self.publish(&path);
        }
        if self.client.refreshes_diagnostics {
            self.ask("workspace/diagnostic/refresh", Value::Null);
        }
    }

    /// What is wrong in a file.
    pub(super) fn found(&self, path: &Path) -> &[Found] {
        let name = path.to_string_lossy();
        if let Some(alone) = self.alone.get(path) {
            return alone.get(&name);
        }
        let folder = self.folder_of(path);
        let analysis = folder.and_then(|folder| folder.analysis.as_ref());
        analysis.map_or(&[], |analysis| analysis.findings.get(&name))
    }

    /// What is wrong with a configuration.
    fn faults(&self, path: &Path) -> Vec<Diagnostic> {
        let analyses = self.folders.iter().filter_map(|f| f.analysis.as_ref());
        let faults = analyses.flat_map(|analysis| &analysis.faults);
        let mut own = faults
            .filter(|fault| fault.path.as_deref() == Some(path))
            .peekable();
        if own.peek().is_none() {
            return Vec::new();
        }
        let text = self.buffers.text(path).unwrap_or_default();
        own.map(|fault| fault.diagnostic(&text, self.client.encoding))
            .collect()
    }

    /// The folder that a file is in.
    pub(super) fn folder_of(&self, path: &Path) -> Option<&Folder> {
        let folders = self.folders.iter();
        folders
            .filter(|folder| path.starts_with(&folder.root))
            .max_by_key(|folder| folder.root.components().count())
    }

    /// Sends what is wrong in a file, if that is not what was last sent.
    pub(super) fn publish(&mut self, path: &Path) {
        let Some(uri) = self.addresses.of(path) else {
            return;
        };
        let mut now = diagnostics(self.found(path), self.client, &self.addresses);
        now.extend(self.faults(path));
        let version = self.buffers.get(path).map(|buffer| buffer.version);
        // An open document without findings is told to have none.
        let is_open = version.is_some();
        let is_analysed = self.alone.contains_key(path)
            || self.folder_of(path).is_none_or(|f| f.analysis.is_some());
        match self.sent.get(path) {
            Some(sent) if sent.diagnostics == now => return,
            None if now.is_empty() && !(is_open && is_analysed) => return,
            _ => {}
        }
        self.revisions += 1;
        let sent = Sent {
            diagnostics: now.clone(),
            revision: self.revisions,
        };
        if now.is_empty() && !is_open {
            self.sent.remove(path);
        } else {
            self.sent.insert(path.to_owned(), sent);
        }
        if !self.client.pulls {
            let params = PublishDiagnosticsParams {
                uri,
                version: version.filter(|_| self.client.tells_versions),
                diagnostics: now,
            };
            self.notify("textDocument/publishDiagnostics", params);
        }
    }
}
