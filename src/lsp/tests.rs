#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
//! Conversations, as a client has them.

use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use lsp_server::{Connection, Message, Notification, Request, RequestId};
use serde_json::{Value, json};

use super::{Ending, converse};

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {selector: {app: cart}, ports: [{name: http, port: 80}]}\n";
const ROUTE: &str = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web, namespace: shop}\nspec:\n  hosts: [web.example.com]\n  http:\n    - route:\n        - destination:\n            host: cart\n";
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";

/// A client of a server that runs in a thread.
struct Client {
    connection: Connection,
    server: JoinHandle<Ending>,
    root: tempfile::TempDir,
    requests: i32,
    /// What was sent of each file, newest last.
    published: Vec<(PathBuf, Vec<Value>)>,
}

impl Client {
    fn new(files: &[(&str, &str)], capabilities: &Value) -> Self {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let (connection, other) = Connection::memory();
        let server = thread::spawn(move || converse(other).unwrap());
        let mut client = Self {
            connection,
            server,
            root,
            requests: 0,
            published: Vec::new(),
        };
        let uri = client.uri("");
        let answer = client.ask(
            "initialize",
            json!({"processId": null, "rootUri": uri, "capabilities": capabilities}),
        );
        assert_eq!(answer["serverInfo"]["name"], "meshlint");
        client.tell("initialized", json!({}));
        client
    }

    fn uri(&self, name: &str) -> String {
        let path = self.root.path().canonicalize().unwrap().join(name);
        url::Url::from_file_path(path).unwrap().to_string()
    }

    fn tell(&self, method: &str, params: Value) {
        let notification = Notification::new(method.to_owned(), params);
        self.connection.sender.send(notification.into()).unwrap();
    }

    /// Sends a request and waits for the answer.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        let request = Request::new(id.clone(), method.to_owned(), params);
        self.connection.sender.send(request.into()).unwrap();
        loop {
            match self.connection.receiver.recv().unwrap() {
                Message::Response(response) if response.id == id => {
                    return response
                        .response_result
                        .unwrap_or_else(|error| json!({"error": error.code}));
                }
                message => self.note(message),
            }
        }
    }

    fn note(&mut self, message: Message) {
        if let Message::Notification(notification) = message
            && notification.method == "textDocument/publishDiagnostics"
        {
            let uri: url::Url = notification.params["uri"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            let diagnostics = notification.params["diagnostics"].as_array().unwrap();
            self.published
                .push((uri.to_file_path().unwrap(), diagnostics.clone()));
        }
    }

    fn open(&mut self, name: &str, text: &str) {
        let document =
            json!({"uri": self.uri(name), "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn change(&mut self, name: &str, text: &str) {
        let document = json!({"uri": self.uri(name), "version": 2});
        let changes = json!([{"text": text}]);
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": changes}),
        );
    }

    /// The codes in a file, once all is found out.
    fn codes(&mut self, name: &str) -> Vec<String> {
        let document = json!({"uri": self.uri(name)});
        let report = self.ask("textDocument/diagnostic", json!({"textDocument": document}));
        let items = report["items"].as_array().unwrap();
        let codes = items
            .iter()
            .map(|item| item["code"].as_str().unwrap().to_owned());
        codes.collect()
    }

    fn end(mut self) -> Ending {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.server.join().unwrap()
    }
}

fn mesh() -> Client {
    Client::new(
        &[
            ("ns.yaml", NAMESPACE),
            ("cart.yaml", SERVICE),
            ("web.yaml", ROUTE),
        ],
        &json!({}),
    )
}

#[test]
fn the_whole_workspace_is_checked_from_the_start() {
    let mut client = Client::new(&[("ns.yaml", NAMESPACE), ("web.yaml", ROUTE)], &json!({}));
    assert_eq!(client.codes("web.yaml"), ["KIA1101"]);
    assert_eq!(client.end(), Ending::Agreed);
}

#[test]
fn what_is_typed_counts_for_other_files() {
    let mut client = mesh();
    assert!(client.codes("web.yaml").is_empty());
    client.open("cart.yaml", SERVICE);
    client.change("cart.yaml", &SERVICE.replace("cart", "user"));
    assert_eq!(client.codes("web.yaml"), ["KIA1101"]);
    client.change("cart.yaml", SERVICE);
    assert!(client.codes("web.yaml").is_empty());
    client.end();
}

#[test]
fn a_torn_document_does_not_cost_others_what_they_refer_to() {
    let mut client = mesh();
    client.open("cart.yaml", SERVICE);
    assert!(client.codes("web.yaml").is_empty());
    client.change("cart.yaml", &SERVICE.replace("}]}\n", "}]\n"));
    assert_eq!(client.codes("cart.yaml").len(), 1, "the syntax error");
    assert!(client.codes("web.yaml").is_empty());
    client.end();
}

#[test]
fn a_file_that_is_closed_unsaved_is_as_on_the_disk() {
    let mut client = mesh();
    client.open("web.yaml", ROUTE);
    client.change("web.yaml", &ROUTE.replace("host: cart", "host: carts"));
    assert_eq!(client.codes("web.yaml"), ["KIA1101"]);
    let document = json!({"uri": client.uri("web.yaml")});
    client.tell("textDocument/didClose", json!({"textDocument": document}));
    assert!(client.codes("web.yaml").is_empty());
    client.end();
}

#[test]
fn a_document_that_is_not_saved_yet_is_part_of_the_mesh() {
    let mut client = Client::new(&[("ns.yaml", NAMESPACE), ("web.yaml", ROUTE)], &json!({}));
    client.open("new.yaml", SERVICE);
    assert!(client.codes("web.yaml").is_empty());
    client.end();
}

#[test]
fn sets_that_did_not_change_are_not_sent_again() {
    let mut client = Client::new(&[("ns.yaml", NAMESPACE), ("web.yaml", ROUTE)], &json!({}));
    client.codes("web.yaml");
    client.open("web.yaml", ROUTE);
    client.change("web.yaml", &format!("{ROUTE}# a comment\n"));
    client.codes("web.yaml");
    let path = client.root.path().canonicalize().unwrap().join("web.yaml");
    let sent = client.published.iter().filter(|(own, _)| *own == path);
    assert_eq!(sent.count(), 1);
    client.end();
}

#[test]
fn requests_out_of_turn_are_refused() {
    let (connection, other) = Connection::memory();
    let server = thread::spawn(move || converse(other).unwrap());
    let ask = |id: i32, method: &str| {
        let request = Request::new(RequestId::from(id), method.to_owned(), json!({}));
        connection.sender.send(request.into()).unwrap();
        match connection.receiver.recv().unwrap() {
            Message::Response(response) => response.response_result.err().map(|e| e.code),
            message => panic!("{message:?}"),
        }
    };
    assert_eq!(ask(1, "textDocument/hover"), Some(-32002));
    drop(connection);
    assert_eq!(server.join().unwrap(), Ending::Abrupt);
}

#[test]
fn a_definition_is_found_across_files() {
    let mut client = mesh();
    let document = json!({"uri": client.uri("web.yaml")});
    let position = json!({"line": 8, "character": 19});
    let answer = client.ask(
        "textDocument/definition",
        json!({"textDocument": document, "position": position}),
    );
    assert_eq!(answer[0]["uri"], client.uri("cart.yaml"));
    assert_eq!(
        answer[0]["range"]["start"],
        json!({"line": 2, "character": 17})
    );
    client.end();
}

#[test]
fn hostile_positions_are_answered() {
    let mut client = mesh();
    for (name, line, character) in [
        ("web.yaml", 9999, 0),
        ("web.yaml", 0, 9999),
        ("no.yaml", 0, 0),
    ] {
        let document = json!({"uri": client.uri(name)});
        let position = json!({"line": line, "character": character});
        let range = json!({"start": {"line": line, "character": 0}, "end": position});
        let plain = json!({"textDocument": document, "position": position, "range": range});
        for method in [
            "hover",
            "definition",
            "references",
            "completion",
            "documentSymbol",
            "codeAction",
            "inlayHint",
        ] {
            let mut params = plain.clone();
            match method {
                "references" => params["context"] = json!({"includeDeclaration": true}),
                "codeAction" => params["context"] = json!({"diagnostics": []}),
                _ => {}
            }
            let answer = client.ask(&format!("textDocument/{method}"), params);
            assert!(answer.get("error").is_none(), "{method} {answer}");
        }
    }
    client.end();
}
