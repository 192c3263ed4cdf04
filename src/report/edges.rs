//! Edges of a mesh: rows and sums as JSON, lines for people.

use std::io;

use anstyle::AnsiColor;
use serde::Serialize;

use super::Style;
use super::text::printable;
use crate::answers::edges::words::{Decider, Told};
use crate::answers::edges::{Counts, Line, Lines, Mode, SummaryRow, Verdict};
use crate::diagnostics::{FilePlace, FilePlaces};

/// An edge as programs get it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    to_workload: &'a str,
    client: &'static str,
    server: &'static str,
    verdict: &'static str,
    why: &'a str,
    client_by: Option<&'a str>,
    server_by: Option<&'a str>,
    client_at: Option<&'a FilePlace>,
    server_at: Option<&'a FilePlace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subset: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<&'static str>,
}

/// The edges from one namespace to another as programs get them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pair<'a> {
    from_namespace: &'a str,
    to_namespace: &'a str,
    verdicts: Verdicts,
    servers: Servers,
}

#[derive(Debug, Serialize)]
struct Verdicts {
    mtls: u64,
    plaintext: u64,
    tls: u64,
    broken: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Servers {
    #[serde(skip_serializing_if = "is_zero")]
    strict: u64,
    #[serde(skip_serializing_if = "is_zero")]
    permissive: u64,
    #[serde(skip_serializing_if = "is_zero")]
    disable: u64,
    #[serde(skip_serializing_if = "is_zero")]
    no_sidecar: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A JSON list inside a document, written item by item.
pub struct List<'w> {
    out: &'w mut dyn io::Write,
    is_first: bool,
}

impl<'w> List<'w> {
    /// Begins the list under the name `key` of a document that `head` has begun.
    pub fn begin(out: &'w mut dyn io::Write, key: &str) -> io::Result<Self> {
        write!(out, ",\n  \"{key}\": [")?;
        Ok(Self {
            out,
            is_first: true,
        })
    }

    fn item(&mut self, item: &impl Serialize) -> io::Result<()> {
        let before = if self.is_first { "\n    " } else { ",\n    " };
        self.is_first = false;
        self.out.write_all(before.as_bytes())?;
        serde_json::to_writer(&mut *self.out, item)?;
        Ok(())
    }

    /// Writes an edge.
    pub fn edge(&mut self, edge: &Told, places: &FilePlaces) -> io::Result<()> {
        let at = |by: &Option<(String, Decider)>| {
            let (_, (object, path)) = by.as_ref()?;
            places.get(*object, path)
        };
        self.item(&Edge {
            from: &edge.from,
            to: &edge.to,
            to_workload: &edge.to_workload,
            client: edge.client,
            server: edge.server,
            verdict: edge.verdict,
            why: &edge.why,
            client_by: edge.client_by.as_ref().map(|(name, _)| name.as_str()),
            server_by: edge.server_by.as_ref().map(|(name, _)| name.as_str()),
            client_at: at(&edge.client_by),
            server_at: at(&edge.server_by),
            subset: edge.subset.as_deref(),
            evidence: edge.evidence.iter().map(|kind| kind.as_str()).collect(),
        })
    }

    /// Writes the edges between two namespaces.
    pub fn pair(&mut self, row: &SummaryRow<'_>) -> io::Result<()> {
        let counts = &row.counts;
        self.item(&Pair {
            from_namespace: row.from,
            to_namespace: row.to,
            verdicts: Verdicts {
                mtls: counts.verdict(Verdict::Mtls),
                plaintext: counts.verdict(Verdict::Plaintext),
                tls: counts.verdict(Verdict::Tls),
                broken: counts.verdict(Verdict::Broken),
            },
            servers: Servers {
                strict: counts.server(Some(Mode::Strict)),
                permissive: counts.server(Some(Mode::Permissive)),
                disable: counts.server(Some(Mode::Disable)),
                no_sidecar: counts.server(None),
            },
        })
    }

    /// Ends the list and the document.
    pub fn end(self) -> io::Result<()> {
        let close = if self.is_first { "]" } else { "\n  ]" };
        writeln!(self.out, "{close}\n}}")
    }
}

/// Where the labels of a table end.
const LABEL: usize = 17;

/// Writes edges for people.
pub fn write_lines(
    lines: &Lines,
    places: &FilePlaces,
    explain: bool,
    out: &mut dyn io::Write,
    style: Style,
) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    let title = style.paint(bold, "Edges");
    writeln!(out, "{title}{:LABEL$}{}", "", sums(&lines.counts))?;
    let longest = |of: fn(&Line) -> &str, most: usize| {
        let lengths = lines.lines.iter().map(|line| of(line).chars().count());
        lengths.max().unwrap_or_default().min(most)
    };
    let (from, to) = (longest(|line| &line.from, 26), longest(|line| &line.to, 26));
    for line in &lines.lines {
        let (word, color) = match line.verdict {
            Verdict::Broken => ("broken", AnsiColor::Red),
            Verdict::Plaintext => ("plaintext", AnsiColor::Yellow),
            Verdict::Tls => ("tls", AnsiColor::Cyan),
            Verdict::Mtls => ("mtls", AnsiColor::Green),
        };
        let look = anstyle::Style::new().fg_color(Some(color.into()));
        let word = style.paint(look, &format!("{word:<9}"));
        let arrow = if style.unicode { "→" } else { "->" };
        let ends = format!(
            "{:<from$} {arrow} {:<to$}",
            printable(&line.from),
            printable(&line.to)
        );
        let mut why = match &line.backends {
            Some(backends) => format!("{} (at {})", line.why, printable(backends)),
            None => line.why.clone(),
        };
        let shown: Vec<&str> = line.evidence.iter().map(|kind| kind.as_str()).collect();
        if !shown.is_empty() {
            why = format!("{why} [{}]", shown.join(", "));
        }
        if 13 + ends.chars().count() + 2 + why.chars().count() <= style.width {
            writeln!(out, "  {word}  {ends}  {why}")?;
        } else {
            writeln!(out, "  {word}  {}", ends.trim_end())?;
            writeln!(out, "             {why}")?;
        }
        if explain || line.verdict == Verdict::Broken {
            for (sentence, (object, path)) in &line.by {
                write_decider(sentence, places.get(*object, path), out, style)?;
            }
        }
    }
    if lines.left_out > 0 {
        writeln!(out, "  and {} more: --verbose shows all", lines.left_out)?;
    }
    Ok(())
}

/// Writes what decides, and where; on two lines where they are too long for one.
fn write_decider(
    sentence: &str,
    place: Option<&FilePlace>,
    out: &mut dyn io::Write,
    style: Style,
) -> io::Result<()> {
    let dimmed = anstyle::Style::new().dimmed();
    let sentence = printable(sentence);
    let Some(place) = place.map(ToString::to_string) else {
        return writeln!(out, "             {sentence}");
    };
    let shown = style.paint(dimmed, &printable(&place));
    if 13 + sentence.chars().count() + 4 + place.chars().count() <= style.width {
        writeln!(out, "             {sentence:<40}  {shown}")
    } else {
        writeln!(out, "             {sentence}\n               {shown}")
    }
}

/// `412 mTLS, 3 plaintext, 1 TLS of the application, 4 broken`.
fn sums(counts: &Counts) -> String {
    let parts = [
        (Verdict::Mtls, "mTLS"),
        (Verdict::Plaintext, "plaintext"),
        (Verdict::Tls, "TLS of the application"),
        (Verdict::Broken, "broken"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(verdict, name)| (counts.verdict(verdict), name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}

/// Writes edges counted by pairs of namespaces, for people.
pub fn write_summary(
    pairs: impl FnOnce(&mut dyn FnMut(&SummaryRow<'_>) -> io::Result<()>) -> io::Result<()>,
    out: &mut dyn io::Write,
    style: Style,
) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    writeln!(out, "{}", style.paint(bold, "Edges by namespaces"))?;
    let arrow = if style.unicode { "→" } else { "->" };
    pairs(&mut |row| {
        let ends = format!("{} {arrow} {}", printable(row.from), printable(row.to));
        writeln!(out, "  {ends:<36}  {}", sums(&row.counts))
    })
}
