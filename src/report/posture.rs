//! The posture of a mesh: for people, as JSON, as Markdown.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::Style;
use super::text::printable;
use crate::answers::posture::Numbers;

/// A namespace, or all together: its numbers, and its findings by the names of their rules.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The numbers.
    pub numbers: Numbers,
    /// How often each rule reports.
    pub findings: BTreeMap<&'static str, usize>,
}

impl Row {
    fn count(&self) -> usize {
        self.findings.values().sum()
    }
}

/// Adds up the rows.
pub fn total(rows: &BTreeMap<String, Row>) -> Row {
    let mut total = Row::default();
    for row in rows.values() {
        total.numbers.add(&row.numbers);
        for (name, count) in &row.findings {
            *total.findings.entry(name).or_default() += count;
        }
    }
    total
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    namespaces: Vec<Namespace<'a>>,
    totals: Values<'a>,
}

#[derive(Serialize)]
struct Namespace<'a> {
    namespace: &'a str,
    #[serde(flatten)]
    values: Values<'a>,
}

#[derive(Serialize)]
struct Values<'a> {
    workloads: usize,
    servers: Servers,
    authorization: Authorization,
    findings: &'a BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Servers {
    strict: usize,
    permissive: usize,
    disable: usize,
    no_sidecar: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authorization {
    allow: usize,
    deny_only: usize,
    none: usize,
}

fn values(row: &Row) -> Values<'_> {
    let numbers = &row.numbers;
    Values {
        workloads: numbers.workloads,
        servers: Servers {
            strict: numbers.strict,
            permissive: numbers.permissive,
            disable: numbers.disable,
            no_sidecar: numbers.no_sidecar,
        },
        authorization: Authorization {
            allow: numbers.allow,
            deny_only: numbers.deny_only,
            none: numbers.none,
        },
        findings: &row.findings,
    }
}

/// Writes one JSON document.
pub fn write_json(rows: &BTreeMap<String, Row>, out: &mut dyn io::Write) -> io::Result<()> {
    let total = total(rows);
    let document = Document {
        version: 1,
        namespaces: rows
            .iter()
            .map(|(namespace, row)| Namespace {
                namespace,
                values: values(row),
            })
            .collect(),
        totals: values(&total),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

const HEADS: [&str; 9] = [
    "workloads",
    "STRICT",
    "PERMISSIVE",
    "DISABLE",
    "no sidecar",
    "ALLOW",
    "DENY only",
    "no policy",
    "findings",
];

fn cells(row: &Row) -> [usize; 9] {
    let numbers = &row.numbers;
    [
        numbers.workloads,
        numbers.strict,
        numbers.permissive,
        numbers.disable,
        numbers.no_sidecar,
        numbers.allow,
        numbers.deny_only,
        numbers.none,
        row.count(),
    ]
}

/// Writes a page for auditors.
pub fn write_markdown(rows: &BTreeMap<String, Row>, out: &mut dyn io::Write) -> io::Result<()> {
    let total = total(rows);
    let numbers = &total.numbers;
    writeln!(out, "# Posture of the mesh\n")?;
    writeln!(
        out,
        "Of {} workloads behind Services {} accept mutual TLS alone, {} accept plain text beside it, {} have mutual \
         TLS off, and {} have no sidecar. {} have an ALLOW policy, {} none at all.\n",
        numbers.workloads,
        numbers.strict,
        numbers.permissive,
        numbers.disable,
        numbers.no_sidecar,
        numbers.allow,
        numbers.none
    )?;
    writeln!(out, "| namespace | {} |", HEADS.join(" | "))?;
    writeln!(out, "|---|{}", "---:|".repeat(HEADS.len()))?;
    let sum = std::iter::once(("**all**", &total));
    let each = rows.iter().map(|(name, row)| (name.as_str(), row));
    for (name, row) in each.chain(sum) {
        let cells = cells(row).map(|count| count.to_string());
        writeln!(out, "| {} | {} |", printable(name), cells.join(" | "))?;
    }
    if !total.findings.is_empty() {
        writeln!(out, "\n| finding | count |\n|---|---:|")?;
        for (name, count) in &total.findings {
            writeln!(out, "| {name} | {count} |")?;
        }
    }
    Ok(())
}

/// Writes a table for people.
pub fn write_human(
    rows: &BTreeMap<String, Row>,
    out: &mut dyn io::Write,
    style: Style,
) -> io::Result<()> {
    let total = total(rows);
    let names = rows.keys().map(|name| name.chars().count());
    let width = names.max().unwrap_or_default().clamp(9, 24);
    let bold = anstyle::Style::new().bold();
    let short = [
        "workld", "STRICT", "PERMIS", "DISABL", "none", "ALLOW", "DENY", "none", "found",
    ];
    writeln!(
        out,
        "{}",
        style.paint(
            bold,
            &format!(
                "{:width$}         mutual TLS                   policies",
                ""
            )
        )
    )?;
    let head: Vec<String> = short.iter().map(|head| format!("{head:>6}")).collect();
    writeln!(
        out,
        "{}",
        style.paint(bold, &format!("{:width$} {}", "namespace", head.join(" ")))
    )?;
    let sum = std::iter::once(("all", &total));
    for (name, row) in rows
        .iter()
        .map(|(name, row)| (name.as_str(), row))
        .chain(sum)
    {
        let cells = cells(row).map(|count| format!("{count:>6}"));
        writeln!(out, "{:width$} {}", printable(name), cells.join(" "))?;
    }
    for (name, count) in &total.findings {
        writeln!(out, "  {count:>4}  {name}")?;
    }
    Ok(())
}
