//! The rules that explain a symptom, as a list.

use std::io;

use crate::diagnostics::Explanation;

use super::Style;
use super::human::severity_style;

/// Writes code, name, message and the phrase of each rule.
pub fn write(found: &[Explanation], out: &mut dyn io::Write, style: Style) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    for Explanation { code, symptom } in found {
        let rule = code.rule();
        let severity = style.paint(severity_style(rule.severity), rule.severity.as_str());
        let head = format!("{} {}", rule.code, rule.name);
        writeln!(out, "{severity} {}", style.paint(bold, &head))?;
        writeln!(out, "    {}", rule.message)?;
        writeln!(out, "    symptom: {symptom}")?;
    }
    Ok(())
}
