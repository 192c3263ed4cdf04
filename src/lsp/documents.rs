//! Documents and folders as the client opens, changes and closes them.

use std::path::{Path, PathBuf};

use gen_lsp_types::{
    DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams, DidOpenTextDocumentParams, Uri,
};

use super::analysis;
use super::buffers::Buffer;
use super::folder::Folder;
use super::publish::path_of;
use super::server::Server;
use super::text;
use crate::engine::{self, Options};

impl Server {
    pub(super) fn add_folder(&mut self, uri: &Uri) {
        let Ok(named) = uri.to_file_path() else {
            return;
        };
        let settings = self.settings.clone();
        self.folders.push(Folder::new(named, settings));
        self.name_folders();
    }

    fn name_folders(&mut self) {
        let folders = self.folders.iter();
        let pairs = folders.map(|folder| (folder.root.clone(), folder.named.clone()));
        self.addresses.set_folders(pairs.collect());
    }

    pub(super) fn open(&mut self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let Some(path) = path_of(&document.uri) else {
            return;
        };
        self.addresses.learn(path.clone(), document.uri);
        let buffer = Buffer {
            version: document.version,
            text: document.text.into(),
        };
        self.buffers.put(path.clone(), buffer);
        self.edited(&path);
    }

    pub(super) fn change(&mut self, params: DidChangeTextDocumentParams) {
        // Requests were asked of the text as it was.
        self.answer_waiting(true);
        let Some(path) = path_of(&params.text_document.text_document_identifier.uri) else {
            return;
        };
        let Some(buffer) = self.buffers.get(&path) else {
            return;
        };
        let mut changed = buffer.text.to_string();
        for change in params.content_changes {
            text::apply(&mut changed, change, self.client.encoding);
        }
        let buffer = Buffer {
            version: params.text_document.version,
            text: changed.into(),
        };
        self.buffers.put(path.clone(), buffer);
        self.edited(&path);
    }

    /// Notes that the text of a file is another one.
    pub(super) fn edited(&mut self, path: &Path) {
        let mut folders = self.folders.iter_mut();
        if let Some(folder) = folders.find(|folder| path.starts_with(&folder.root)) {
            folder.edit(path);
            return;
        }
        match self.buffers.get(path) {
            Some(buffer) => {
                let name = path.to_string_lossy();
                let report = engine::check_text(&name, &buffer.text, &Options::default());
                self.alone.insert(path.to_owned(), analysis::alone(&report));
            }
            None => {
                self.alone.remove(path);
            }
        }
        self.publish(path);
    }

    pub(super) fn change_folders(&mut self, params: &DidChangeWorkspaceFoldersParams) {
        for removed in &params.event.removed {
            let Ok(path) = removed.uri.to_file_path() else {
                continue;
            };
            self.folders.retain_mut(|folder| {
                if folder.named == path {
                    folder.cancel();
                }
                folder.named != path
            });
        }
        for added in &params.event.added {
            self.add_folder(&added.uri);
        }
        self.name_folders();
        let sent: Vec<PathBuf> = self.sent.keys().cloned().collect();
        for path in sent {
            self.publish(&path);
        }
    }
}
