//! The mTLS status of a mesh and its namespaces, as a table and as JSON.

use std::io;

use anstyle::AnsiColor;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::Style;
use super::text::printable;

/// What to show.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The control planes, the first of which stands for the mesh.
    pub control_planes: Vec<ControlPlane>,
    /// The namespaces by name.
    pub namespaces: Vec<(String, Status)>,
}

/// A control plane and the mesh-wide status of what it serves.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlPlane {
    /// The revision.
    pub revision: String,
    /// The namespace of istiod.
    pub namespace: String,
    /// The root namespace.
    pub root_namespace: String,
    /// Whether proxies choose mutual TLS themselves; `None` if the input does not say, which
    /// means Istio's default, yes.
    pub auto_mtls: Option<bool>,
    /// The least version of TLS between proxies: `TLSV1_2` or `TLSV1_3`.
    #[serde(rename = "minTLS")]
    pub min_tls: &'static str,
    /// The mesh-wide status.
    pub status: Status,
}

/// A status.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    /// The word that Kiali uses, such as `MTLS_ENABLED`.
    pub word: &'static str,
    /// The lock that stands for it.
    pub lock: Lock,
    /// What it means.
    pub meaning: &'static str,
}

/// Pictures of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Mutual TLS is required.
    Closed,
    /// Mutual TLS is possible.
    Hollow,
    /// Plain text.
    Open,
    /// Nothing is said.
    None,
    /// What is said is not valid.
    Broken,
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word)
    }
}

impl Lock {
    /// The picture, two columns wide, and its colour.
    fn picture(self, unicode: bool) -> (&'static str, Option<AnsiColor>) {
        let (symbol, ascii, color) = match self {
            Self::Closed => ("\u{1f512}", "##", Some(AnsiColor::Green)),
            Self::Hollow => ("\u{1f513}", "#-", Some(AnsiColor::Yellow)),
            Self::Open => ("✗ ", "--", Some(AnsiColor::Red)),
            Self::None => ("· ", "  ", None),
            Self::Broken => ("! ", "! ", Some(AnsiColor::Red)),
        };
        (if unicode { symbol } else { ascii }, color)
    }
}

/// Where the answers stand.
const COLUMN: usize = 22;

/// Writes the table: the mesh first, then its namespaces.
pub fn write_table(overview: &Overview, out: &mut dyn io::Write, style: Style) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    let several = overview.control_planes.len() > 1;
    let names = overview
        .namespaces
        .iter()
        .map(|(name, _)| name.chars().count() + 4);
    let width = names.max().unwrap_or_default().clamp(COLUMN, 50);
    for plane in &overview.control_planes {
        let name = if several {
            format!("Mesh {} in {}", plane.revision, plane.namespace)
        } else {
            "Mesh".to_owned()
        };
        let auto = match plane.auto_mtls {
            Some(true) => "auto mTLS on",
            Some(false) => "auto mTLS off",
            None => "auto mTLS on by default",
        };
        let tls = plane.min_tls.trim_start_matches("TLSV").replace('_', ".");
        let facts = format!("{auto}, TLS {tls} or later");
        let padding = width.saturating_sub(name.chars().count());
        let name = style.paint(bold, &printable(&name));
        write_row(out, style, &name, padding, plane.status, &facts)?;
    }
    if !overview.namespaces.is_empty() {
        writeln!(out, "{}", style.paint(bold, "Namespaces"))?;
    }
    for (name, status) in &overview.namespaces {
        let padding = width.saturating_sub(name.chars().count() + 2);
        let name = format!("  {}", printable(name));
        write_row(out, style, &name, padding, *status, "")?;
    }
    Ok(())
}

fn write_row(
    out: &mut dyn io::Write,
    style: Style,
    name: &str,
    padding: usize,
    status: Status,
    facts: &str,
) -> io::Result<()> {
    let (picture, color) = status.lock.picture(style.unicode);
    let look = anstyle::Style::new().fg_color(color.map(Into::into));
    let words = style.paint(look, &format!("{picture}  {}", status.meaning));
    let comma = if facts.is_empty() { "" } else { ", " };
    writeln!(out, "{name}{:padding$}{words}{comma}{facts}", "")
}

/// Writes the beginning of a JSON document: the status, and no end, for more may follow.
pub fn write_json_head(overview: &Overview, out: &mut dyn io::Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&Document(overview))?;
    let head = text.strip_suffix('}').unwrap_or(&text).trim_end();
    out.write_all(head.as_bytes())
}

struct Document<'a>(&'a Overview);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(overview) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("mesh", &overview.control_planes.first().map(|p| p.status))?;
        map.serialize_entry("namespaces", &ByName(&overview.namespaces))?;
        map.serialize_entry("controlPlanes", &overview.control_planes)?;
        map.end()
    }
}

struct ByName<'a>(&'a [(String, Status)]);

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, status)| (name, status)))
    }
}
