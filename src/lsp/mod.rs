//! The language server: what a check of the whole workspace finds, as it is typed, and what the mesh
//! knows of the names in it.
//!
//! `server` takes the messages in order; `folder` keeps the analysis of each workspace folder up to
//! date; `requests` answers from the analysis. Knows no rule and judges nothing itself.

mod analysis;
mod buffers;
mod client;
mod config;
mod documents;
mod findings;
mod folder;
mod publish;
mod requests;
mod server;
mod tell;
mod text;
mod torn;

use std::io;
use std::thread;

use crossbeam_channel::unbounded;
use lsp_server::{Connection, Message};

use folder::Analysed;
use server::Server;

/// Manifests may nest deeply, and what reads them recurses.
const STACK: usize = 16 * 1024 * 1024;

/// What the server waits for.
#[derive(Debug)]
enum Event {
    /// The client says something.
    Message(Message),
    /// An analysis is done.
    Analysed(Analysed),
    /// The client is gone.
    End,
}

/// How the conversation with the client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The client said that it would end it.
    Agreed,
    /// It just did.
    Abrupt,
}

/// Serves a client on standard input and output until it leaves.
pub fn serve() -> io::Result<Ending> {
    let (connection, threads) = Connection::stdio();
    let ending = converse(connection)?;
    // A client that is gone without a word leaves the reader waiting for ever.
    if ending == Ending::Agreed {
        threads.join()?;
    }
    Ok(ending)
}

/// Talks with a client until it leaves.
pub fn converse(connection: Connection) -> io::Result<Ending> {
    // Work is shared over threads with deep stacks; a pool that is there already will do.
    let _ = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK)
        .build_global();
    let Connection { sender, receiver } = connection;
    let (events, inbox) = unbounded();
    let incoming = events.clone();
    thread::Builder::new()
        .name("messages".to_owned())
        .spawn(move || {
            for message in receiver {
                if incoming.send(Event::Message(message)).is_err() {
                    return;
                }
            }
            // Nobody listens any more, if this fails.
            let _ = incoming.send(Event::End);
        })?;
    let server = thread::Builder::new()
        .name("server".to_owned())
        .stack_size(STACK)
        .spawn(move || Server::new(sender, events).run(&inbox))?;
    server
        .join()
        .map_err(|_| io::Error::other("the language server failed"))
}

#[cfg(test)]
mod tests;
