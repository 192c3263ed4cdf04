//! Output formats, one file each, all made from the same [`Report`](crate::diagnostics::Report).
//! Knows neither rules nor the mesh, and opens no files.

mod across;
pub mod can;
pub mod compact;
pub mod edges;
mod excerpt;
mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod mtls;
pub mod page;
mod paths;
pub mod posture;
pub mod rdjson;
pub mod rendered;
pub mod rule_list;
pub mod sarif;
pub mod summary;
pub mod symptoms;
mod text;
pub mod worlds;

use crate::diagnostics::Rule;
pub use paths::Base;

/// Whether the rule guards encryption, authentication or authorization; its alerts are then shown
/// as those of security.
fn is_about_security(rule: &Rule) -> bool {
    const KINDS: [&str; 3] = [
        "AuthorizationPolicy",
        "PeerAuthentication",
        "RequestAuthentication",
    ];
    rule.kinds.iter().any(|kind| KINDS.contains(kind)) || rule.name.contains("mtls")
}

/// What the place that shows the output is capable of.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// ANSI colours.
    pub color: bool,
    /// Links behind text (OSC 8).
    pub links: bool,
    /// Box-drawing characters and symbols beyond ASCII.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
}

impl Style {
    /// Text for files and pipes: 80 columns, no escape sequences.
    pub const PLAIN: Self = Self {
        color: false,
        links: false,
        unicode: true,
        width: 80,
    };

    /// `text` in a style, or as it is without colours.
    pub fn paint(&self, style: anstyle::Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// `text` as a link to `url`, or as it is where links cannot be shown.
    pub fn link(&self, url: &str, text: &str) -> String {
        if self.links {
            format!("\u{1b}]8;;{url}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
        } else {
            text.to_owned()
        }
    }
}
