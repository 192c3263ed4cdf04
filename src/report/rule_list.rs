//! The list of rules, as a table and as JSON.

use std::io;

use serde::Serialize;

use crate::diagnostics::Rule;

use super::Style;
use super::human::severity_style;

/// Writes one line a rule: code, severity, whether it is on, name, kinds.
pub fn write_table(rules: &[&Rule], out: &mut dyn io::Write, style: Style) -> io::Result<()> {
    let names = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(4);
    let head = format!(
        "{:<8}  {:<8}  {:<3}  {:<names$}  KINDS",
        "CODE", "SEVERITY", "ON", "NAME"
    );
    writeln!(out, "{}", style.paint(anstyle::Style::new().bold(), &head))?;
    for rule in rules {
        let code = format!("{:<8}", rule.code);
        let code = rule
            .url()
            .map_or_else(|| code.clone(), |url| style.link(&url, &code));
        let severity = format!("{:<8}", rule.severity.as_str());
        let severity = style.paint(severity_style(rule.severity), &severity);
        let on = if rule.on_by_default { "yes" } else { "no" };
        let row = format!(
            "{code}  {severity}  {on:<3}  {:<names$}  {}",
            rule.name,
            rule.kinds.join(", ")
        );
        writeln!(out, "{}", row.trim_end())?;
    }
    Ok(())
}

#[derive(Serialize)]
struct View<'a> {
    code: &'a str,
    name: &'a str,
    severity: &'a str,
    default: bool,
    message: &'a str,
    kinds: &'a [&'static str],
    aliases: &'a [&'static str],
    symptoms: &'a [&'static str],
    since: &'a str,
    url: Option<String>,
}

/// Writes a JSON array.
pub fn write_json(rules: &[&Rule], out: &mut dyn io::Write) -> io::Result<()> {
    let views: Vec<_> = rules
        .iter()
        .map(|rule| View {
            code: rule.code,
            name: rule.name,
            severity: rule.severity.as_str(),
            default: rule.on_by_default,
            message: rule.message,
            kinds: rule.kinds,
            aliases: rule.aliases,
            symptoms: rule.symptoms,
            since: rule.since,
            url: rule.url(),
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &views)?;
    writeln!(out)
}
