//! The language server on a mesh of 10,000 objects: from a keystroke to its diagnostics, against a
//! check of the whole from the command line's way in; and the memory over 10,000 edits.
//!
//! `cargo bench --bench keystroke`; `-- EDITS` for another number of edits.
#![allow(
    clippy::indexing_slicing,
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss
)]

mod support;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use lsp_server::{Connection, Message, Notification, Request, RequestId};
use meshlint::lsp::converse;
use serde_json::{Value, json};

const EDITS: usize = 10_000;
const KEYSTROKES: usize = 40;
const FILE: &str = "team-0005.yaml";
const NEEDLE: &str = "host: svc-003\n";

fn main() {
    let edits = std::env::args().find_map(|a| a.parse().ok());
    let folder = std::env::temp_dir().join("meshlint-bench-keystroke");
    let shape = support::Shape {
        namespaces: 98,
        services: 14,
        fault_every: 100,
    };
    support::write(&folder, shape).unwrap();
    let cold = (0..5).map(|_| cold(&folder)).min().unwrap();
    println!("cold check        {:8.1} ms", milliseconds(cold));
    let mut editor = Editor::new(&folder);
    let mut times: Vec<Duration> = (0..KEYSTROKES).map(|n| editor.keystroke(n)).collect();
    times.sort_unstable();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    for (name, time) in [("median keystroke", median), ("worst keystroke", worst)] {
        let share = cold.as_secs_f64() / time.as_secs_f64();
        let time = milliseconds(time);
        println!("{name:17} {time:8.1} ms  a {share:.0}th of the cold check");
    }
    let before = memory();
    let edits = edits.unwrap_or(EDITS);
    for n in 0..edits {
        editor.keystroke(KEYSTROKES + n);
    }
    println!(
        "memory            {before:8.1} MB, after {edits} edits {:.1} MB",
        memory()
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn cold(folder: &Path) -> Duration {
    let options = meshlint::engine::Options {
        paths: vec![folder.to_owned()],
        ..Default::default()
    };
    let start = Instant::now();
    let report = meshlint::engine::check(&options).unwrap();
    assert!(!report.findings.is_empty());
    start.elapsed()
}

/// What the process holds in memory, in megabytes; 0 where the system does not tell.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1e3
}

/// An editor with one file of the mesh open.
struct Editor {
    connection: Connection,
    uri: String,
    text: String,
}

impl Editor {
    fn new(folder: &Path) -> Self {
        let (connection, other) = Connection::memory();
        thread::spawn(move || converse(other));
        let uri = |path: &Path| url::Url::from_file_path(path).unwrap().to_string();
        let root = folder.canonicalize().unwrap();
        let editor = Self {
            connection,
            uri: uri(&root.join(FILE)),
            text: std::fs::read_to_string(root.join(FILE)).unwrap(),
        };
        let params = json!({"processId": null, "rootUri": uri(&root), "capabilities": {}});
        let initialize = Request::new(RequestId::from(1), "initialize".to_owned(), params);
        editor.send(initialize);
        editor.tell("initialized", json!({}));
        let document =
            json!({"uri": editor.uri, "languageId": "yaml", "version": 0, "text": editor.text});
        editor.tell("textDocument/didOpen", json!({"textDocument": document}));
        editor
    }

    fn send(&self, message: impl Into<Message>) {
        self.connection.sender.send(message.into()).unwrap();
    }

    fn tell(&self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params));
    }

    /// Names a host that does not exist, and waits for word of it.
    fn keystroke(&mut self, n: usize) -> Duration {
        let host = format!("svc-zz{n}");
        let text = self.text.replacen(NEEDLE, &format!("host: {host}\n"), 1);
        assert_ne!(text, self.text);
        let start = Instant::now();
        let document = json!({"uri": self.uri, "version": n + 1});
        let changes = json!([{"text": text}]);
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": changes}),
        );
        loop {
            if let Message::Notification(told) = self.connection.receiver.recv().unwrap()
                && told.method == "textDocument/publishDiagnostics"
                && told.params["uri"] == self.uri.as_str()
                && told.params.to_string().contains(&host)
            {
                return start.elapsed();
            }
        }
    }
}
