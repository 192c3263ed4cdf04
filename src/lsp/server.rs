//! The conversation: its stages, documents and folders, and who is told what when.

use std::collections::VecDeque;
use std::path::PathBuf;

use crossbeam_channel::{Receiver, Sender};
use gen_lsp_types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, InitializeParams, WorkspaceFolders,
};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use rustc_hash::FxHashMap;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::buffers::Buffers;
use super::client::Client;
use super::findings::ByFile;
use super::folder::Folder;
use super::publish::{Addresses, path_of};
use super::requests::{self, Answer};
use super::tell::Sent;
use super::{Ending, Event};

/// Where the conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The client has not introduced itself.
    Strangers,
    /// Everything may be said.
    Talking,
    /// The client has said that it is about to leave.
    Leaving,
}

/// The server's side of the conversation.
#[derive(Debug)]
pub(super) struct Server {
    outgoing: Sender<Message>,
    pub(super) events: Sender<Event>,
    stage: Stage,
    pub(super) client: Client,
    pub(super) buffers: Buffers,
    pub(super) addresses: Addresses,
    pub(super) folders: Vec<Folder>,
    /// Findings in documents outside of all folders.
    pub(super) alone: FxHashMap<PathBuf, ByFile>,
    pub(super) sent: FxHashMap<PathBuf, Sent>,
    /// Requests that wait for an analysis.
    waiting: VecDeque<Request>,
    pub(super) revisions: u64,
    requests: i32,
    pub(super) has_progress: bool,
    /// Keys of the configuration, as the client sends them.
    pub(super) settings: Value,
    /// The request for them, until it is answered.
    settings_request: Option<RequestId>,
}

/// The token of the progress that the first analysis makes.
pub(super) const PROGRESS: &str = "meshlint/analysis";

impl Server {
    pub(super) fn new(outgoing: Sender<Message>, events: Sender<Event>) -> Self {
        Self {
            outgoing,
            events,
            stage: Stage::Strangers,
            client: Client::of(&InitializeParams::default()),
            buffers: Buffers::default(),
            addresses: Addresses::default(),
            folders: Vec::new(),
            alone: FxHashMap::default(),
            sent: FxHashMap::default(),
            waiting: VecDeque::new(),
            revisions: 0,
            requests: 0,
            has_progress: false,
            settings: Value::Null,
            settings_request: None,
        }
    }

    /// Talks until the client leaves.
    pub(super) fn run(mut self, inbox: &Receiver<Event>) -> Ending {
        let mut queue = VecDeque::new();
        while let Ok(event) = inbox.recv() {
            queue.push_back(event);
            while !queue.is_empty() {
                let before = queue.len();
                queue.extend(inbox.try_iter());
                if queue.iter().skip(before - 1).any(is_cancel) {
                    cancel(&mut queue, &mut self.waiting, &self.outgoing);
                }
                if let Some(ending) = queue.pop_front().and_then(|event| self.take(event)) {
                    for folder in &mut self.folders {
                        folder.cancel();
                    }
                    return ending;
                }
            }
            self.catch_up();
        }
        Ending::Abrupt
    }

    /// Takes an event; an ending when it is the last one.
    fn take(&mut self, event: Event) -> Option<Ending> {
        match event {
            Event::End => return Some(self.ending()),
            Event::Analysed(analysed) => {
                let folders = self.folders.iter_mut();
                let folder = folders
                    .enumerate()
                    .find(|(_, folder)| folder.root == analysed.root);
                if let Some((index, folder)) = folder {
                    let changed = folder.take(analysed);
                    self.tell(index, &changed);
                }
            }
            Event::Message(Message::Notification(notification)) => {
                if notification.method == "exit" {
                    return Some(self.ending());
                }
                if self.stage == Stage::Talking {
                    self.notice(notification);
                }
            }
            Event::Message(Message::Request(request)) => self.hear(request),
            Event::Message(Message::Response(response)) => self.hear_settings(response),
        }
        None
    }

    fn ending(&self) -> Ending {
        match self.stage {
            Stage::Leaving => Ending::Agreed,
            _ => Ending::Abrupt,
        }
    }

    /// Takes a request.
    fn hear(&mut self, request: Request) {
        match (self.stage, request.method.as_str()) {
            (Stage::Strangers, "initialize") => self.initialize(request),
            (Stage::Strangers, _) => {
                let why = "the client has not sent initialize";
                self.refuse(request.id, ErrorCode::ServerNotInitialized, why);
            }
            (Stage::Leaving, _) => {
                let why = "the client has sent shutdown";
                self.refuse(request.id, ErrorCode::InvalidRequest, why);
            }
            (Stage::Talking, "initialize") => {
                let why = "initialize was sent before";
                self.refuse(request.id, ErrorCode::InvalidRequest, why);
            }
            (Stage::Talking, "shutdown") => {
                self.answer_waiting(true);
                self.stage = Stage::Leaving;
                self.send(Response::new_ok(request.id, Value::Null));
            }
            (Stage::Talking, method) if requests::is_known(method) => {
                self.waiting.push_back(request);
            }
            (Stage::Talking, method) => {
                let why = format!("there is no request {method}");
                self.refuse(request.id, ErrorCode::MethodNotFound, &why);
            }
        }
    }

    fn initialize(&mut self, request: Request) {
        let params: InitializeParams = match serde_json::from_value(request.params) {
            Ok(params) => params,
            Err(error) => {
                self.refuse(request.id, ErrorCode::InvalidParams, &error.to_string());
                return;
            }
        };
        self.client = Client::of(&params);
        self.settings = params.initialization_options.unwrap_or_default();
        // Clients of older versions of the protocol name one folder.
        #[allow(deprecated)]
        let root = params.root_uri;
        let folders = match params.workspace_folders_initialize_params.workspace_folders {
            Some(WorkspaceFolders::WorkspaceFolderList(folders)) if !folders.is_empty() => {
                folders.into_iter().map(|folder| folder.uri).collect()
            }
            _ => root.into_iter().collect::<Vec<_>>(),
        };
        for uri in folders {
            self.add_folder(&uri);
        }
        self.stage = Stage::Talking;
        self.send(Response::new_ok(request.id, self.client.welcome()));
    }

    /// Takes a notification. One that makes no sense is passed over, as the protocol wants.
    fn notice(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        match method.as_str() {
            "initialized" => self.introduce(),
            "workspace/didChangeConfiguration" => self.ask_settings(),
            "textDocument/didOpen" => {
                if let Some(params) = read::<DidOpenTextDocumentParams>(params) {
                    self.open(params);
                }
            }
            "textDocument/didChange" => {
                if let Some(params) = read::<DidChangeTextDocumentParams>(params) {
                    self.change(params);
                }
            }
            "textDocument/didClose" => {
                if let Some(params) = read::<DidCloseTextDocumentParams>(params)
                    && let Some(path) = path_of(&params.text_document.uri)
                {
                    self.buffers.close(&path);
                    self.edited(&path);
                }
            }
            "workspace/didChangeWatchedFiles" => {
                if let Some(params) = read::<DidChangeWatchedFilesParams>(params) {
                    for change in params.changes {
                        if let Some(path) = path_of(&change.uri) {
                            self.buffers.forget(&path);
                        }
                    }
                    for folder in &mut self.folders {
                        folder.outdate();
                    }
                }
            }
            "workspace/didChangeWorkspaceFolders" => {
                if let Some(params) = read::<DidChangeWorkspaceFoldersParams>(params) {
                    self.change_folders(&params);
                }
            }
            _ => {}
        }
    }

    /// Tells the client, once it listens, what the server wants to know.
    fn introduce(&mut self) {
        self.ask_settings();
        if self.client.watches {
            let watchers = ["**/*.{yaml,yml,json}", "**/{Kustomization,*.tpl,*.tgz}"];
            let watchers = watchers.map(|glob| json!({ "globPattern": glob }));
            let registration = json!({
                "id": "meshlint/files",
                "method": "workspace/didChangeWatchedFiles",
                "registerOptions": { "watchers": watchers },
            });
            self.ask(
                "client/registerCapability",
                json!({ "registrations": [registration] }),
            );
        }
        if self.client.shows_progress && !self.folders.is_empty() {
            self.ask(
                "window/workDoneProgress/create",
                json!({ "token": PROGRESS }),
            );
            let value = json!({ "kind": "begin", "title": "checking the mesh" });
            self.notify("$/progress", json!({ "token": PROGRESS, "value": value }));
            self.has_progress = true;
        }
    }

    /// Asks the client for its settings.
    fn ask_settings(&mut self) {
        if self.client.has_configuration {
            let items = json!([{ "section": "meshlint" }]);
            self.ask("workspace/configuration", json!({ "items": items }));
            self.settings_request = Some(RequestId::from(self.requests));
        }
    }

    /// Takes the client's settings. None are none: then what came with initialize holds.
    fn hear_settings(&mut self, response: Response) {
        if Some(&response.id) != self.settings_request.as_ref() {
            return;
        }
        self.settings_request = None;
        let Some(settings) = response
            .response_result
            .ok()
            .and_then(|all| all.get(0).cloned())
        else {
            return;
        };
        let is_some = settings.as_object().is_some_and(|keys| !keys.is_empty());
        if !is_some || settings == self.settings {
            return;
        }
        self.settings = settings;
        for folder in &mut self.folders {
            folder.settings = self.settings.clone();
            folder.outdate();
        }
    }

    /// Analyses what was changed, and answers what waited for it.
    fn catch_up(&mut self) {
        for index in 0..self.folders.len() {
            if let Some(folder) = self.folders.get_mut(index) {
                let changed = folder.update(&self.buffers, &self.events);
                self.tell(index, &changed);
            }
        }
        self.answer_waiting(false);
    }

    /// Answers the requests that waited; all of them, where the texts are about to change.
    pub(super) fn answer_waiting(&mut self, at_once: bool) {
        if at_once && !self.waiting.is_empty() {
            for index in 0..self.folders.len() {
                if let Some(folder) = self.folders.get_mut(index) {
                    let changed = folder.update(&self.buffers, &self.events);
                    self.tell(index, &changed);
                }
            }
        }
        for request in std::mem::take(&mut self.waiting) {
            if !at_once && !self.is_ready(&request) {
                self.waiting.push_back(request);
                continue;
            }
            let response = match requests::answer(self, &request) {
                Answer::Is(value) => Response::new_ok(request.id, value),
                Answer::Not(code, why) => Response::new_err(request.id, code as i32, why),
            };
            self.send(response);
        }
    }

    /// Whether a request can be answered of what is known now.
    fn is_ready(&self, request: &Request) -> bool {
        match requests::needs(&request.method) {
            requests::Needs::Text => true,
            requests::Needs::AnyMesh => self
                .folders
                .iter()
                .all(|folder| folder.analysis.is_some() || folder.error.is_some()),
            requests::Needs::Mesh => self.folders.iter().all(Folder::is_current),
            requests::Needs::Findings => self.folders.iter().all(Folder::is_settled),
        }
    }

    fn refuse(&self, id: RequestId, code: ErrorCode, why: &str) {
        self.send(Response::new_err(id, code as i32, why.to_owned()));
    }

    /// Asks the client for something whose answer does not matter.
    pub(super) fn ask(&mut self, method: &str, params: Value) {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        self.send(Request::new(id, method.to_owned(), params));
    }

    pub(super) fn notify(&self, method: &str, params: impl serde::Serialize) {
        self.send(Notification::new(method.to_owned(), params));
    }

    fn send(&self, message: impl Into<Message>) {
        // A client that is gone is noticed where messages come in.
        let _ = self.outgoing.send(message.into());
    }
}

fn read<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

fn is_cancel(event: &Event) -> bool {
    match event {
        Event::Message(Message::Notification(notification)) => {
            notification.method == "$/cancelRequest"
        }
        _ => false,
    }
}

/// Takes back the requests that the client does not want answered any more.
fn cancel(
    queue: &mut VecDeque<Event>,
    waiting: &mut VecDeque<Request>,
    outgoing: &Sender<Message>,
) {
    let mut unwanted: Vec<RequestId> = Vec::new();
    queue.retain(|event| {
        let Event::Message(Message::Notification(notification)) = event else {
            return true;
        };
        if notification.method != "$/cancelRequest" {
            return true;
        }
        let id = notification.params.get("id");
        unwanted.extend(id.and_then(|id| serde_json::from_value(id.clone()).ok()));
        false
    });
    let refuse = |request: &Request| {
        let is_unwanted = unwanted.contains(&request.id);
        if is_unwanted {
            let code = ErrorCode::RequestCanceled as i32;
            let response = Response::new_err(request.id.clone(), code, "cancelled".to_owned());
            // A client that is gone is noticed where messages come in.
            let _ = outgoing.send(response.into());
        }
        is_unwanted
    };
    waiting.retain(|request| !refuse(request));
    queue.retain(|event| match event {
        Event::Message(Message::Request(request)) => !refuse(request),
        _ => true,
    });
}
